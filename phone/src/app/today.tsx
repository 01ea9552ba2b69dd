/** The one screen: the time, the button, and what became of each tap. */

import type { Bilingual } from "../core/answers.ts";
import type { Direction } from "../core/records.ts";
import { localDay, localTime, zoneName } from "../core/time.ts";
import type { PageProps } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Rows } from "./rows.tsx";
import { RulesLine } from "./rules.tsx";
import {
  clockOffMinutes,
  currentToday,
  firstOf,
  isShared,
  likelier,
  maybeWrongButton,
  nameOf,
  punchesOfToday,
  type State,
  textsOf,
  zoneOf,
} from "./state.ts";

export const TodayPage = ({ state, engine }: PageProps) => {
  const big = likelier(state);
  const punches = punchesOfToday(state);
  const texts = textsOf(state);
  return (
    <>
      <h1 class="only-read">{texts.tabToday}</h1>
      <Clock state={state} />
      <Facts state={state} engine={engine} />
      <ClockNotice state={state} />
      <div class="taps">
        <TapButton state={state} engine={engine} direction={big} size="big" />
        <TapButton state={state} engine={engine} direction={big === "in" ? "out" : "in"} size="less" />
      </div>
      <RulesLine state={state} />
      <p class={statusClass(state)} role="status">
        {state.status.text}
      </p>
      {punches.length > 0 && <Rows state={state} punches={punches} />}
      {maybeWrongButton(state) && (
        <button type="button" class="wrong" data-testid="wrong-button" onClick={() => void engine.tap("in")}>
          {texts.wrongButton}
        </button>
      )}
      <Result state={state} />
    </>
  );
};

const statusClass = ({ saveFailed, status }: State): string => {
  if (saveFailed) return "status problem";
  return status.shown ? "status" : "only-read";
};

const Clock = ({ state }: { state: State }) => {
  const zone = zoneOf(state);
  const { minute, second } = localTime(state.nowMs, zone);
  return (
    <div class="clock">
      <time class="time" data-testid="clock">
        {minute}
        <span class="seconds">{second.slice(5)}</span>
      </time>
      <p class="day">
        {localDay(state.nowMs, zone, state.settings.language)} · {zoneName(zone)}
      </p>
    </div>
  );
};

const Facts = ({ state, engine }: PageProps) => {
  return (
    <div class="facts">
      <LocationLine state={state} engine={engine} />
    </div>
  );
};

const ClockNotice = ({ state }: { state: State }) => {
  const off = clockOffMinutes(state);
  if (off === null) return null;
  return (
    <p class="notice attention brief">
      <Icon name="attention" />
      <span>{textsOf(state).clockOff(off)}</span>
    </p>
  );
};

const LocationLine = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  const { state: location, accuracyM } = state.location;
  if (location === "unknown") {
    return (
      <button type="button" class="quiet" onClick={() => engine.turnLocationOn()}>
        {texts.locationTurnOn}
      </button>
    );
  }
  const word = { asking: texts.locationAsking, ready: texts.locationOn(accuracyM ?? 0) } as Record<
    string,
    string
  >;
  return (
    <span class="line">
      <Icon name="place" />
      {word[location] ?? texts.locationOff}
    </span>
  );
};

const TapButton = ({
  state,
  engine,
  direction,
  size,
}: PageProps & { direction: Direction; size: "big" | "less" }) => {
  const texts = textsOf(state);
  const first = firstOf(punchesOfToday(state), direction);
  const time = first && localTime(first.reading.wall_ms, zoneOf(state)).second;
  const said = first?.receipt ? texts.already : texts.alreadySaved;
  return (
    <button
      type="button"
      class={`tap ${size}${first ? " done" : ""}`}
      data-testid={`tap-${direction}`}
      onClick={() => void engine.tap(direction)}
    >
      {direction === "in" ? texts.tapIn : texts.tapOut}
      {size === "big" && isShared(state) && <small>{texts.tapAs(nameOf(state))}</small>}
      {time && size === "big" && <small>{said(texts[direction], time)}</small>}
    </button>
  );
};

const Result = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const verdict = currentToday(state)?.verdict;
  const say = (words: Bilingual | null) => words?.[state.settings.language];
  const lines = verdict ? [say(verdict.arrival), say(verdict.departure), ...verdict.reasons.map(say)] : [];
  return (
    <section class="card" data-testid="result">
      <h2>{texts.result}</h2>
      {verdict ? (
        <p class="headline">
          {say(verdict.headline)} {verdict.provisional && <span class="chip">{texts.provisional}</span>}
        </p>
      ) : (
        <>
          <p class="soft">{texts.resultUnknown}</p>
          {currentToday(state) && state.device?.confirmed === false && (
            <p class="soft small">{texts.resultAfterConfirmation}</p>
          )}
        </>
      )}
      {lines.map(
        (line) =>
          line && (
            <p key={line} class="soft small">
              {line}
            </p>
          ),
      )}
      {verdict && state.today && (
        <p class="soft small">{texts.resultAsOf(localTime(state.today.fetchedAtMs, zoneOf(state)).minute)}</p>
      )}
    </section>
  );
};
