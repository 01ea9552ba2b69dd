/** The page's start: draw, run, and keep the shell up to date without disturbing anybody. */

import "../tokens.css";
import "./app.css";
import { render } from "preact";
import { Engine, isIdle } from "./engine.ts";
import { EnrolPage } from "./enrol.tsx";
import { Frame } from "./frame.tsx";
import { MonthPage } from "./month.tsx";
import { MorePage } from "./more.tsx";
import { RecordPage } from "./record.tsx";
import { installShell } from "./shell.ts";
import { type Route, type State, textsOf } from "./state.ts";
import { TodayPage } from "./today.tsx";

const SLIP = /^#v=(.+)$/;

const readRoute = (hash: string): Route => {
  const record = /^#\/catatan\/([\w-]{43})$/.exec(hash)?.[1];
  if (record) return { page: "record", hash: record };
  const pages: Readonly<Record<string, Route>> = {
    "#/bulan": { page: "month" },
    "#/lain": { page: "more" },
    "#/daftar": { page: "enrol" },
  };
  return pages[hash] ?? { page: "today" };
};

/** The slip's code from the address bar, which forgets it at once. */
const takeSlip = (): string | null => {
  const code = SLIP.exec(location.hash)?.[1];
  if (!code) return null;
  history.replaceState(null, "", `${location.pathname}#/`);
  return code;
};

const Page = ({ state, engine }: { state: State; engine: Engine }) => {
  if (!state.device || state.route.page === "enrol") return <EnrolPage state={state} engine={engine} />;
  if (state.route.page === "record") return <RecordPage state={state} hash={state.route.hash} />;
  if (state.route.page === "month") return <MonthPage state={state} />;
  if (state.route.page === "more") return <MorePage state={state} engine={engine} />;
  return <TodayPage state={state} engine={engine} />;
};

const start = async (): Promise<void> => {
  const root = document.getElementById("app");
  if (!root) return;
  const slip = takeSlip();
  let engine: Engine | undefined;
  const draw = (state: State) => {
    if (!engine) return;
    document.documentElement.lang = state.settings.language;
    document.title = textsOf(state).appName;
    render(
      <Frame state={state} engine={engine}>
        <Page state={state} engine={engine} />
      </Frame>,
      root,
    );
  };
  engine = await Engine.start((state) => draw(state), readRoute(location.hash));
  root.textContent = "";
  draw(engine.state);
  document.documentElement.dataset.ready = "yes";
  const running = engine;
  addEventListener("hashchange", () => {
    const code = takeSlip();
    if (code) void running.enrolByLink(code);
    else running.go(readRoute(location.hash));
    scrollTo(0, 0);
  });
  if (slip) await running.enrolByLink(slip);
  await installShell(() => isIdle(running.state));
};

void start();
