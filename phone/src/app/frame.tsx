/** What stands around every page: rehearsal line, who and where, the three tabs. */

import type { ComponentChildren } from "preact";
import type { Settings } from "../store.ts";
import type { Engine } from "./engine.ts";
import { Icon } from "./icons.tsx";
import { isShared, nameOf, rehearsing, type State, textsIn, textsOf } from "./state.ts";

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

const Head = ({ state, engine }: PageProps) => (
  <header class="head">
    <Who state={state} />
    {isShared(state) && (
      <button type="button" class="quiet" data-testid="switch" onClick={() => engine.chooseAnother()}>
        {textsOf(state).switchPerson}
      </button>
    )}
    <LanguageButton
      language={state.settings.language}
      set={(language) => void engine.setLanguage(language)}
    />
  </header>
);

type Language = Settings["language"];

export const LanguageButton = ({ language, set }: { language: Language; set: (other: Language) => void }) => {
  const texts = textsIn(language);
  const other = language === "id" ? "en" : "id";
  return (
    <button
      type="button"
      class="quiet"
      lang={other}
      title={texts.otherLanguageLong}
      onClick={() => set(other)}
    >
      {texts.otherLanguage}
    </button>
  );
};

const Who = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  if (!state.device) return <p class="who">{texts.appName}</p>;
  const unit = state.today?.today.person.unit ?? null;
  return (
    <p class="who">
      {nameOf(state)}
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
