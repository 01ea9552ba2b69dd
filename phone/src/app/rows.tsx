/** One punch as a line: what, when, and in which of the four meanings. */

import type { State as OutboxState } from "../core/outbox.ts";
import { localDate } from "../core/time.ts";
import type { StoredPunch, StoredReceipt } from "../store.ts";
import { Icon, type IconName } from "./icons.tsx";
import { clockIn, countedMs, firstOf, type State, shownState, textsOf, zoneOf } from "./state.ts";

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
  <a class="row" href={`#/catatan/${punch.hash}`} data-testid="punch-row" data-state={shownState(punch)}>
    <RowWords state={state} punch={punch} first={first} />
    <Icon name="open" />
  </a>
);

/** The same line where it leads nowhere: on its own page. */
export const StillRow = ({ state, punch }: { state: State; punch: StoredPunch }) => (
  <div class="row" data-state={shownState(punch)}>
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
      <Icon name={ICONS[shownState(punch)]} />
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
    const now = punch.entry.state === "sending" ? texts.sending : texts.savedWaiting;
    return punch.trouble ? [now, texts[`trouble_${punch.trouble}`]] : [now];
  }
  const lines = [receivedLine(state, punch, punch.receipt)];
  if (first && first !== punch && punch.direction === "in") {
    lines.push(texts.again(texts.in, clockIn(state)(first.reading.wall_ms).minute));
  }
  if (punch.receipt.flags.includes("unconfirmed")) lines.push(texts.unconfirmed);
  return lines;
};

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

const refusalLines = (state: State, { refusal }: StoredPunch): string[] => {
  const texts = textsOf(state);
  const cause = refusal?.[state.settings.language];
  return [
    texts.refused,
    ...(refusal && UNREADABLE.test(refusal.code) ? [texts.refusedUnreadable] : []),
    ...(cause ? [cause] : []),
    texts.refusedWhatToDo,
  ];
};
