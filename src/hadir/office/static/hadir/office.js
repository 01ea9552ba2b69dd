// Comfort only: every page works without it. Keys, the panel beside the list, and what a lost connection looks like.
"use strict";

const panel = () => document.getElementById("samping");
let opener = null;

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "Escape" && panel() && !panel().hidden) {
    closePanel();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.matches("[data-row]")) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const next = rows[rows.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") && panel()) {
    event.preventDefault();
    closePanel();
  }
  if (event.target.closest("[data-print]")) {
    window.print();
  }
  const all = event.target.closest("[data-tick-all]");
  if (all) {
    const boxes = [...all.closest("fieldset").querySelectorAll('input[type="checkbox"]')];
    const tick = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = tick; });
  }
  if (event.target.closest("[data-back]")) {
    event.preventDefault();
    history.back();
  }
  const row = event.target.closest("[data-row]");
  if (row) {
    opener = row.id;
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) {
    event.target.form.submit();
  }
});

// Work that takes seconds says what it does, and is not begun twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.dataset.busy && button) {
    setTimeout(() => {
      button.disabled = true;
      button.textContent = event.target.dataset.busy;
    });
  }
});

// A photo of a sheet is made small enough before it is sent; where that fails, the office says how large it may be.
document.addEventListener("change", async (event) => {
  const input = event.target.closest("[data-shrink]");
  const file = input?.files?.[0];
  if (!file || file.size <= Number(input.dataset.shrink)) {
    return;
  }
  const picture = await createImageBitmap(file);
  for (const side of [2000, 1600, 1200, 900, 600]) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.8); });
    if (small && small.size <= Number(input.dataset.shrink)) {
      const chosen = new DataTransfer();
      chosen.items.add(new File([small], "lembar.jpg", { type: "image/jpeg" }));
      input.files = chosen.files;
      return;
    }
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  // The list asks for what the address says now, so that a chosen row stays chosen.
  if (event.target.id === "live") {
    if (document.activeElement?.matches("[data-search]")) {
      event.preventDefault(); // Somebody is typing.
      return;
    }
    event.detail.path = location.pathname + location.search;
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "samping") {
    event.target.hidden = false;
    document.querySelector(".beside").classList.add("is-open");
    markChosen();
    const close = event.target.querySelector("[data-close]");
    if (close && opener) {
      close.focus({ preventScroll: true });
    }
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const stale = document.getElementById("stale");
  if (event.target.id === "live" && stale) {
    stale.hidden = event.detail.successful;
  }
});

// In the summary of a form's troubles each one says of which field it is.
for (const link of document.querySelectorAll(".errors a[href^='#']")) {
  const field = document.getElementById(link.hash.slice(1));
  const group = field?.matches("fieldset, [type=radio]") ? field.closest("fieldset").querySelector("legend") : null;
  const label = group ?? field?.labels?.[0];
  const name = label?.firstChild?.textContent.trim();
  if (name && !link.textContent.startsWith(`${name}:`)) {
    link.prepend(`${name}: `);
  } else if (!field && !document.querySelector("main form[method='post']")) {
    link.replaceWith(link.textContent); // Nothing can be filled in here any more.
  }
}
// What needs this file to act cannot be pressed before it is here: the press would be lost.
for (const button of document.querySelectorAll("[data-print], [data-tick-all]")) {
  button.disabled = false;
}
document.querySelector("[data-focus]")?.focus();
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

function closePanel() {
  panel().hidden = true;
  panel().replaceChildren();
  document.querySelector(".beside").classList.remove("is-open");
  const address = new URL(location.href);
  address.searchParams.delete("orang");
  history.pushState({}, "", address);
  markChosen();
  document.getElementById(opener)?.focus({ preventScroll: true });
}

function markChosen() {
  const chosen = new URL(location.href).searchParams.get("orang");
  for (const row of document.querySelectorAll("[data-row]")) {
    const isChosen = chosen !== null && row.id.endsWith(`-${chosen}`);
    row.closest("tr").classList.toggle("chosen", isChosen);
  }
}
