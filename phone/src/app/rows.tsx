/** One punch as a line: what, when, and in which of the four meanings. */

import type { State as OutboxState } from "../core/outbox.ts";
import { localDate } from "../core/time.ts";
import type { StoredPunch, StoredReceipt } from "../store.ts";
import { Icon, type IconName } from "./icons.tsx";
import {
  clockIn,
  countedMs,
  firstOf,
  isUnkept,
  type State,
  shownState,
  standingOf,
  textsOf,
  zoneOf,
} from "./state.ts";

const ICONS: Readonly<Record<OutboxState, IconName>> = {
  waiting: "waiting",
  sending: "waiting",
  refused: "attention",
  recorded: "recorded",
  expired: "recorded",
};

interface RowsProps {
  readonly state: State;
  readonly punches: readonly StoredPunch[];
  /** All taps of the day, when only some are shown. */
  readonly among?: readonly StoredPunch[];
}

export const Rows = ({ state, punches, among = punches }: RowsProps) => (
  <ul class="rows">
    {punches.map((punch) => (
      <li key={punch.hash}>
        <Row state={state} punch={punch} first={firstOf(among, punch.direction)} />
      </li>
    ))}
  </ul>
);

const Row = ({
  state,
  punch,
  first,
}: {
  state: State;
  punch: StoredPunch;
  first: StoredPunch | undefined;
}) => (
  <a
    class="row"
    href={`#/catatan/${punch.hash}`}
    data-testid="punch-row"
    data-state={shownState(punch)}
    data-unkept={isUnkept(state, punch) || undefined}
  >
    <RowWords state={state} punch={punch} first={first} />
    <Icon name="open" />
  </a>
);

/** The same line where it leads nowhere: on its own page. */
export const StillRow = ({ state, punch }: { state: State; punch: StoredPunch }) => (
  <div class="row" data-state={shownState(punch)} data-unkept={isUnkept(state, punch) || undefined}>
    <RowWords state={state} punch={punch} first={undefined} />
  </div>
);

const RowWords = ({
  state,
  punch,
  first,
}: {
  state: State;
  punch: StoredPunch;
  first: StoredPunch | undefined;
}) => {
  const texts = textsOf(state);
  const time = clockIn(state)(punch.reading.wall_ms).minute;
  return (
    <>
      <Icon name={isUnkept(state, punch) ? "attention" : ICONS[shownState(punch)]} />
      <span class="what">
        <strong>
          {texts[punch.direction]} {time}
          {punch.receipt && ` · ${texts.recorded}`}
        </strong>
        {smallPrint(state, punch, first).map((line) => (
          <span key={line}>{line}</span>
        ))}
      </span>
    </>
  );
};

const smallPrint = (state: State, punch: StoredPunch, first: StoredPunch | undefined): string[] => {
  const texts = textsOf(state);
  if (shownState(punch) === "refused") return refusalLines(state, punch);
  if (!punch.receipt) {
    if (isUnkept(state, punch)) return [unkeptLine(state, punch)];
    const now = keptLine(state, punch);
    return punch.trouble ? [now, texts[`trouble_${punch.trouble}`]] : [now];
  }
  const lines = [receivedLine(state, punch, punch.receipt)];
  if (isUnkept(state, punch)) lines.push(texts.unkeptReceived);
  if (first && first !== punch && punch.direction === "in") {
    lines.push(texts.again(texts.in, clockIn(state)(first.reading.wall_ms).minute));
  }
  const doubt = doubtLine(state, punch);
  if (doubt) lines.push(doubt);
  return lines;
};

/** What is still open about the phone that signed: only as long as it is, and only of the key that is in use. */
const doubtLine = (state: State, { kid, receipt }: StoredPunch): string | null => {
  const texts = textsOf(state);
  if (receipt?.flags.includes("revoked_key")) return texts.afterRevocation;
  const isOpen = kid === state.device?.kid && standingOf(state) === "unconfirmed";
  return isOpen && receipt?.flags.includes("unconfirmed") ? texts.unconfirmed : null;
};

const keptLine = (state: State, { entry }: StoredPunch): string =>
  entry.state === "sending" ? textsOf(state).sending : textsOf(state).savedWaiting;

/** In memory only: while the first try runs there is hope, after it the person must know. */
const unkeptLine = (state: State, { entry }: StoredPunch): string =>
  entry.failures === 0 ? textsOf(state).unkeptSending : textsOf(state).unkeptWaiting;

/** When the gate took it in; what counts stands beside it only once the office has said so. */
const receivedLine = (state: State, punch: StoredPunch, { receivedAtMs }: StoredReceipt): string => {
  const texts = textsOf(state);
  const time = clockIn(state);
  const day = (ms: number) => localDate(ms, zoneOf(state), state.settings.language);
  const received =
    day(receivedAtMs) === day(punch.reading.wall_ms)
      ? texts.received(time(receivedAtMs).minute)
      : texts.receivedOn(day(receivedAtMs), time(receivedAtMs).minute);
  const counted = countedMs(state, punch);
  return counted === null ? received : `${received} · ${texts.counted(time(counted).second)}`;
};

/** The gate speaks of the record's form: true, and of no use to its owner. */
const UNREADABLE = /^(bad_(record|header|payload|key)|wrong_\w+|record_too_large)$/;

const refusalLines = (state: State, punch: StoredPunch): string[] => {
  const texts = textsOf(state);
  const { refusal } = punch;
  if (isUnkept(state, punch)) return [texts.unkeptWaiting];
  const cause = refusal?.[state.settings.language];
  return [
    texts.refused,
    ...(refusal && UNREADABLE.test(refusal.code) ? [texts.refusedUnreadable] : []),
    ...(cause ? [cause] : []),
    texts.refusedWhatToDo,
  ];
};
