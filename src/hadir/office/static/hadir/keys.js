// Security keys: what the office asks, the browser's answer in a hidden field, and the form goes on its way.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

for (const button of document.querySelectorAll("[data-key]")) {
  const form = button.form;
  const has = Boolean(window.PublicKeyCredential);
  form.querySelector("[data-key-none]").hidden = has;
  button.addEventListener("click", async () => {
    const asked = [...form.elements].filter((field) => field.required && field.id !== "code");
    if (!asked.every((field) => field.reportValidity())) {
      return;
    }
    const failed = form.querySelector("[data-key-failed]");
    failed.hidden = true;
    button.disabled = true;
    try {
      form.querySelector("[data-key-answer]").value = JSON.stringify(await answer(button));
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
  button.disabled = !has; // Until now a press would have been lost.
}

async function answer(button) {
  const publicKey = JSON.parse(button.dataset.options);
  publicKey.challenge = bytes(publicKey.challenge);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    publicKey[list] = (publicKey[list] ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  }
  if (publicKey.user) {
    publicKey.user.id = bytes(publicKey.user.id);
  }
  const key = await navigator.credentials[button.dataset.key]({ publicKey });
  const response = { clientDataJSON: text(key.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[part]) {
      response[part] = text(key.response[part]);
    }
  }
  return { id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} };
}
