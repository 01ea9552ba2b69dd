/** One punch as a line: what, when, and in which of the four meanings. */

import type { State as OutboxState } from "../core/outbox.ts";
import { localTime } from "../core/time.ts";
import type { StoredPunch } from "../store.ts";
import { Icon, type IconName } from "./icons.tsx";
import { firstOf, judgedMs, type State, shownState, textsOf, zoneOf } from "./state.ts";

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
  const time = localTime(punch.reading.wall_ms, zoneOf(state)).second;
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
  const time = (ms: number) => localTime(ms, zoneOf(state));
  if (shownState(punch) === "refused") {
    return [texts.refused, punch.refusal?.[state.settings.language] ?? "", texts.refusedWhatToDo].filter(
      Boolean,
    );
  }
  if (!punch.receipt) {
    const now = punch.entry.state === "sending" ? texts.sending : texts.savedWaiting;
    return punch.trouble ? [now, texts[`trouble_${punch.trouble}`]] : [now];
  }
  const lines = [
    texts.received(time(punch.receipt.receivedAtMs).minute, time(judgedMs(state, punch)).second),
  ];
  if (first && first !== punch && punch.direction === "in") {
    lines.push(texts.again(texts.in, time(first.reading.wall_ms).second));
  }
  if (punch.receipt.flags.includes("unconfirmed")) lines.push(texts.unconfirmed);
  return lines;
};
