/** Which working hours and rules apply, in sentences: the office's word, kept for when there is no network. */

import { localDay, spokenClock } from "../core/time.ts";
import type { KeptToday } from "../store.ts";
import { Back } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { clockIn, currentToday, dayOf, nightOf, type State, textsOf, zoneOf } from "./state.ts";

/** The quiet line under the buttons. */
export const RulesLine = ({ state }: { state: State }) =>
  state.today && (
    <p class="facts">
      <a class="quiet" href="#/aturan" data-testid="rules-line">
        {lineOf(state, state.today)}
        <Icon name="open" />
      </a>
    </p>
  );

/** Of today, or what was last known and from when. */
const lineOf = (state: State, kept: KeptToday): string => {
  const texts = textsOf(state);
  const night = nightOf(state);
  if (night) {
    const time = (ms: number) => clockIn(state)(ms).minute;
    return texts.dutyOfNight(dayOf(state, night.date), time(night.start_ms), time(night.end_ms));
  }
  const today = currentToday(state);
  if (!today) return texts.rulesOld(shortDay(state, kept));
  const { language } = state.settings;
  const hours = hoursOf(state, today);
  const acts = today.law?.acts.map(({ kind }) => kind[language]) ?? [];
  const ceremonies =
    today.law?.ceremonies.map(({ name, start }) => `${name} ${spokenClock(start, language)}`) ?? [];
  return [hours, ...ceremonies, ...acts].join(" · ");
};

const hoursOf = (state: State, { duty }: KeptToday["today"]): string => {
  const texts = textsOf(state);
  const said = (clock: string) => spokenClock(clock, state.settings.language);
  return duty ? texts.duty(said(duty.start), said(duty.end)) : texts.dutyNone;
};

export const RulesPage = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  return (
    <>
      <Back to="#/" label={texts.back} />
      <h1>{texts.rulesTitle}</h1>
      {state.today ? <Rules state={state} kept={state.today} /> : <p>{texts.rulesUnknown}</p>}
    </>
  );
};

const Rules = ({ state, kept }: { state: State; kept: KeptToday }) => {
  const texts = textsOf(state);
  const { language } = state.settings;
  const { law } = kept.today;
  const zone = zoneOf(state);
  const seen = `${localDay(kept.fetchedAtMs, zone, language)}, ${clockIn(state)(kept.fetchedAtMs).minute}`;
  return (
    <>
      {!currentToday(state) && (
        <p class="notice attention">
          <Icon name="attention" />
          <span>{texts.rulesOfAnotherDay(shortDay(state, kept))}</span>
        </p>
      )}
      <section class="card prose">
        <h2>{shortDay(state, kept)}</h2>
        <p class="headline">{hoursOf(state, kept.today)}</p>
        {law?.ceremonies.map(({ name, start, end }) => (
          <p key={name}>
            {name} {spokenClock(start, language)}–{spokenClock(end, language)}
          </p>
        ))}
      </section>
      {law && <Law state={state} law={law} />}
      <p class="soft small">{texts.rulesSeen(seen)}</p>
    </>
  );
};

const Law = ({ state, law }: { state: State; law: NonNullable<KeptToday["today"]["law"]> }) => {
  const texts = textsOf(state);
  const { language } = state.settings;
  return (
    <>
      <ul class="card plain">
        {law.why.map((reason) => (
          <li key={reason.id}>
            {reason[language]}
            {reason.article && <span class="soft small article">{reason.article}</span>}
          </li>
        ))}
        {law.acts.map(({ kind, ref }) => (
          <li key={ref}>
            {kind[language]}
            <span class="soft small article">{ref}</span>
          </li>
        ))}
      </ul>
      <section class="card prose">
        <h2>{texts.policy}</h2>
        <p>{law.policy[language]}</p>
      </section>
    </>
  );
};

/** The day that the office spoke of, whatever this phone's clock thinks today is. */
const shortDay = (state: State, { today }: KeptToday): string => dayOf(state, today.date);
