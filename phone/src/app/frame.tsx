/** What stands around every page: rehearsal line, who and where, the three tabs. */

import type { ComponentChildren } from "preact";
import type { Engine } from "./engine.ts";
import { Icon } from "./icons.tsx";
import { currentToday, rehearsing, type State, textsOf } from "./state.ts";

export interface PageProps {
  readonly state: State;
  readonly engine: Engine;
}

export const Frame = ({ state, engine, children }: PageProps & { children: ComponentChildren }) => (
  <>
    {rehearsing(state) && <p class="rehearsal">{textsOf(state).rehearsal}</p>}
    <Head state={state} engine={engine} />
    <main>{children}</main>
    {state.device && <Tabs state={state} />}
  </>
);

const Head = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  const other = state.settings.language === "id" ? "en" : "id";
  return (
    <header class="head">
      <Who state={state} />
      <button
        type="button"
        class="quiet"
        lang={other}
        title={texts.otherLanguageLong}
        onClick={() => engine.setLanguage(other)}
      >
        {texts.otherLanguage}
      </button>
    </header>
  );
};

const Who = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  if (!state.device) return <p class="who">{texts.appName}</p>;
  const { name = null, unit = null } = currentToday(state)?.person ?? state.today?.today.person ?? {};
  return (
    <p class="who">
      {name ?? texts.employee(state.device.person)}
      {unit && <span class="unit"> · {unit}</span>}
    </p>
  );
};

const Tabs = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const tabs = [
    ["today", "#/", texts.tabToday],
    ["month", "#/bulan", texts.tabMonth],
    ["more", "#/lain", texts.tabMore],
  ] as const;
  return (
    <nav class="tabs" aria-label={texts.tabsLabel}>
      {tabs.map(([page, href, label]) => (
        <a key={page} href={href} aria-current={state.route.page === page ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
};

export const Back = ({ to, label }: { to: string; label: string }) => (
  <p>
    <a class="quiet back" href={to}>
      <Icon name="back" />
      {label}
    </a>
  </p>
);
