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

document.querySelector("[data-focus]")?.focus();

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
