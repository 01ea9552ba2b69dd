/** The one screen: the time, the button, and what became of each tap. */

import type { Bilingual } from "../core/answers.ts";
import { isUnsent } from "../core/outbox.ts";
import type { Direction } from "../core/records.ts";
import { localDate, localDay, localTime, zoneName } from "../core/time.ts";
import type { StoredPunch } from "../store.ts";
import type { PageProps } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Rows } from "./rows.tsx";
import { RulesLine } from "./rules.tsx";
import {
  alreadyText,
  clockIn,
  clockOffMinutes,
  currentToday,
  dayOf,
  firstOf,
  isShared,
  likelier,
  maybeWrongButton,
  nameOf,
  nightOf,
  punchesOfToday,
  type State,
  shownVerdict,
  standingOf,
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
      <ClockNotice state={state} />
      <div class="taps">
        <TapButton state={state} engine={engine} direction={big} size="big" />
        <TapButton state={state} engine={engine} direction={big === "in" ? "out" : "in"} size="less" />
      </div>
      <StandingNotice state={state} />
      <RulesLine state={state} />
      <p class={statusClass(state)} role="status">
        {state.status.text}
      </p>
      <Waiting state={state} punches={punches} />
      {punches.length > 0 && <Rows state={state} punches={inSight(punches)} among={punches} />}
      {punches.length > IN_SIGHT && (
        <p class="facts">
          <a class="quiet" href="#/bulan">
            {texts.moreRows(punches.length - IN_SIGHT)}
            <Icon name="open" />
          </a>
        </p>
      )}
      {maybeWrongButton(state) && (
        <button type="button" class="wrong" data-testid="wrong-button" onClick={() => void engine.tap("in")}>
          {texts.wrongButton}
        </button>
      )}
      <Result state={state} />
    </>
  );
};

const IN_SIGHT = 3;

/** The first Masuk, which counts, and the newest. */
const inSight = (punches: readonly StoredPunch[]): readonly StoredPunch[] => {
  const newest = punches.slice(-IN_SIGHT);
  const first = firstOf(punches, "in");
  return !first || newest.includes(first) ? newest : [first, ...newest.slice(1)];
};

/** How many wait, where the rows do not show it: of earlier days, or too many to see at once. */
const Waiting = ({ state, punches }: { state: State; punches: readonly StoredPunch[] }) => {
  const unsent = state.punches.filter(({ entry }) => isUnsent(entry));
  const seen = inSight(punches).filter(({ entry }) => isUnsent(entry));
  if (unsent.length <= seen.length) return null;
  return (
    <a class="notice brief" href="#/lain" data-testid="waiting-count">
      <Icon name="waiting" />
      <span>{textsOf(state).waitingCount(unsent.length)}</span>
    </a>
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

/** A phone that does not count as this person's any more says so, and from when it knows. */
const StandingNotice = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const standing = standingOf(state);
  if (!state.standing || (standing !== "revoked" && standing !== "mismatch")) return null;
  const { heardAtMs } = state.standing;
  const day = localDate(heardAtMs, zoneOf(state), state.settings.language);
  const said = standing === "revoked" ? texts.revoked : texts.mismatch;
  return (
    <p class="notice attention brief" data-testid="standing">
      <Icon name="attention" />
      <span>{said(day, clockIn(state)(heardAtMs).minute)}</span>
    </p>
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

const TapButton = ({
  state,
  engine,
  direction,
  size,
}: PageProps & { direction: Direction; size: "big" | "less" }) => {
  const texts = textsOf(state);
  const first = firstOf(punchesOfToday(state), direction);
  const said = first && alreadyText(state, first);
  return (
    <button
      type="button"
      class={`tap ${size}${first ? " done" : ""}`}
      data-testid={`tap-${direction}`}
      onClick={() => void engine.tap(direction)}
    >
      {direction === "in" ? texts.tapIn : texts.tapOut}
      {size === "big" && isShared(state) && <small class="clipped">{texts.tapAs(nameOf(state))}</small>}
      {said && size === "big" && <small>{said}</small>}
    </button>
  );
};

const Result = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const verdict = shownVerdict(state);
  const night = nightOf(state);
  const say = (words: Bilingual | null) => words?.[state.settings.language];
  const headline = say(verdict?.headline ?? null);
  const lines = verdict ? [say(verdict.arrival), say(verdict.departure), ...verdict.reasons.map(say)] : [];
  return (
    <section class="card" data-testid="result">
      <h2>{night ? texts.resultOfNight(dayOf(state, night.date)) : texts.result}</h2>
      {verdict ? (
        <p class="headline">
          {headline}{" "}
          {verdict.provisional && !headline?.includes(texts.provisional) && (
            <span class="chip">{texts.provisional}</span>
          )}
        </p>
      ) : (
        <>
          <p class="soft">{texts.resultUnknown}</p>
          {currentToday(state) && standingOf(state) === "unconfirmed" && (
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
        <p class="soft small">{texts.resultAsOf(clockIn(state)(state.today.fetchedAtMs).minute)}</p>
      )}
    </section>
  );
};
