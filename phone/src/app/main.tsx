/** The page's start: draw, run, and keep the shell up to date without disturbing anybody. */

import "../../../src/hadir/web/static/hadir/tokens.css";
import "./app.css";
import { render } from "preact";
import { prepareVerifier } from "../core/ed25519.ts";
import { DeniedPage } from "./denied.tsx";
import { Front } from "./front.tsx";
import { placeHere } from "./place.ts";
import { installShell } from "./shell.ts";
import { loadTexts, readRoute } from "./state.ts";

const SLIP = /^#v=(.+)$/;

/**
 * The slip's code from the address bar, which forgets it at once: unless this page may have to be opened elsewhere, and
 * the address is what another browser gets.
 */
const takeSlip = (): string | null => {
  const code = SLIP.exec(location.hash)?.[1];
  if (!code) return null;
  if (placeHere().kind === "lasting") history.replaceState(null, "", `${location.pathname}#/`);
  return code;
};

/** null: the browser keeps nothing for us, and the page says so. */
const opened = async (root: HTMLElement): Promise<Front | null> => {
  try {
    return await Front.open(root, takeSlip());
  } catch (error) {
    console.error(error);
    root.textContent = "";
    render(<DeniedPage languages={["id"]} />, root);
    if (await loadTexts("en")) render(<DeniedPage languages={["id", "en"]} />, root);
    return null;
  }
};

const start = async (): Promise<void> => {
  const root = document.getElementById("app");
  if (!root) return;
  void prepareVerifier();
  const front = await opened(root);
  document.documentElement.dataset.ready = "yes";
  if (!front) return;
  addEventListener("hashchange", () => {
    const code = takeSlip();
    if (code) void front.byLink(code);
    else front.go(readRoute(location.hash));
    scrollTo(0, 0);
  });
  await installShell(() => front.isIdle);
};

void start();
