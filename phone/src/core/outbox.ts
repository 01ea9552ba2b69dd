/**
 * The outbox: a table, not a program. `step` says what an entry becomes; it reads no clock, draws no random number
 * and sends nothing. `vectors/outbox.json` holds the same table with worked examples.
 *
 * The promises: nothing without a verified receipt is ever forgotten, no refusal deletes a tap, and a crowd of
 * phones never comes back at once (waits are half certain, half by chance).
 */

export const POLICY = {
  /** A flush that nobody waits for is spread over this long. */
  spread_ms: 20_000,
  /** After the network came back, or the gate said Retry-After, over this long. */
  crowd_spread_ms: 120_000,
  /** A quick second try for a blip, then waits that suit an outage: up to so long after that many failures. */
  backoff_ms: [4_000, 600_000, 600_000, 900_000, 1_800_000],
  /** So long a gate that did not answer counts as away. */
  away_ms: 60_000,
  /** A longer Retry-After is some broken proxy's; believe this much of it. */
  retry_after_max_ms: 3_600_000,
  refused_ms: 21_600_000,
  refused_spread_ms: 1_800_000,
  /** What a new journal lacks is sent again over this long: every phone begins at the same moment. */
  again_spread_ms: 3_600_000,
  request_timeout_ms: 10_000,
  batch_max: 20,
  /** Counted from the receipt. */
  retention_ms: 35 * 86_400_000,
} as const;

export const STATES = ["waiting", "sending", "refused", "recorded", "expired"] as const;
export type State = (typeof STATES)[number];

export interface Entry {
  readonly state: State;
  /** Failures since the last answer; the exponent of the back-off. */
  readonly failures: number;
  /** When to try next; null when there is nothing left to send. */
  readonly next_try_ms: number | null;
  /** The gate asked not to be disturbed before this moment. */
  readonly not_before_ms: number;
  readonly receipted_ms: number | null;
}

export type Event =
  /** The app or the worker started: whatever was `sending` was cut off. */
  | { readonly type: "opened" }
  | { readonly type: "network_back" }
  /** The gate was asked for the time and its signed answer holds: it is not away any more. */
  | { readonly type: "gate_heard" }
  | { readonly type: "sent" }
  /** Time-out, broken connection, 5xx, a captive portal's page, a receipt that does not verify. */
  | { readonly type: "no_answer" }
  | { readonly type: "overloaded"; readonly retry_after_s: number }
  | { readonly type: "refused" }
  | { readonly type: "receipted" }
  /** The daily clean-up. */
  | { readonly type: "swept" }
  /** The key list ended the journal that gave the receipt; its successor may lack the tap. */
  | { readonly type: "new_journal" };

export type EventType = Event["type"];
type Delay = "keep" | "none" | "spread" | "crowd" | "backoff" | "retry_after" | "slow" | "again";

interface Transition {
  readonly to: State;
  readonly delay: Delay;
}

/** What is not in the table changes nothing: an answer may arrive twice, or after another tab's. */
export const TABLE: Readonly<Record<State, Partial<Record<EventType, Transition>>>> = {
  waiting: {
    opened: { to: "waiting", delay: "spread" },
    network_back: { to: "waiting", delay: "crowd" },
    gate_heard: { to: "waiting", delay: "spread" },
    sent: { to: "sending", delay: "keep" },
    receipted: { to: "recorded", delay: "none" },
  },
  sending: {
    opened: { to: "waiting", delay: "spread" },
    no_answer: { to: "waiting", delay: "backoff" },
    overloaded: { to: "waiting", delay: "retry_after" },
    refused: { to: "refused", delay: "slow" },
    receipted: { to: "recorded", delay: "none" },
  },
  refused: {
    opened: { to: "refused", delay: "spread" },
    sent: { to: "sending", delay: "keep" },
    receipted: { to: "recorded", delay: "none" },
  },
  recorded: {
    swept: { to: "expired", delay: "none" },
    new_journal: { to: "waiting", delay: "again" },
  },
  expired: {},
};

export interface Chance {
  /** Uniform in [0, 1). */
  readonly u: number;
  readonly now_ms: number;
}

/**
 * A new tap: a person waits for it, so its first try is at once. `unheardMs` is when this phone last asked the gate
 * anything and heard nothing, null when it was answered since: a gate that was away a moment ago is no blip, and the
 * count of failures begins behind the quick second try.
 */
export const newEntry = (nowMs: number, unheardMs: number | null = null): Entry => ({
  state: "waiting",
  failures: isAway(nowMs, unheardMs) ? 1 : 0,
  next_try_ms: nowMs,
  not_before_ms: 0,
  receipted_ms: null,
});

const isAway = (nowMs: number, unheardMs: number | null): boolean =>
  unheardMs !== null && nowMs >= unheardMs && nowMs - unheardMs <= POLICY.away_ms;

export const step = (entry: Entry, event: Event, chance: Chance): Entry => {
  const transition = TABLE[entry.state][event.type];
  if (!transition) return entry;
  if (event.type === "swept" && !retentionIsOver(entry, chance.now_ms)) return entry;
  const next = DELAYS[transition.delay](entry, event, chance);
  return {
    state: transition.to,
    failures: failuresAfter(entry, event),
    next_try_ms: next,
    not_before_ms: putsOff(event) ? (next ?? 0) : entry.not_before_ms,
    receipted_ms: event.type === "receipted" ? chance.now_ms : entry.receipted_ms,
  };
};

/** Due now. A time further away than the policy ever sets means that the wall clock was moved: try. */
export const isDue = (entry: Entry, nowMs: number): boolean =>
  (entry.state === "waiting" || entry.state === "refused") &&
  entry.next_try_ms !== null &&
  (entry.next_try_ms <= nowMs || entry.next_try_ms > nowMs + DELAY_MAX_MS);

/** May ride along in a batch that goes anyway, unless the gate asked this entry to wait or refused it. */
export const mayJoin = (entry: Entry, nowMs: number): boolean =>
  isDue(entry, nowMs) || (entry.state === "waiting" && entry.not_before_ms <= nowMs);

/** Not proven to the person yet. A tap that is sent again has its receipt all the while. */
export const isUnsent = ({ receipted_ms }: Pick<Entry, "receipted_ms">): boolean => receipted_ms === null;

const DELAY_MAX_MS = POLICY.refused_ms + POLICY.refused_spread_ms;

const putsOff = ({ type }: Event): boolean => type === "overloaded" || type === "new_journal";

const retentionIsOver = ({ receipted_ms }: Entry, nowMs: number): boolean =>
  receipted_ms !== null && nowMs - receipted_ms >= POLICY.retention_ms;

const KEEPS_FAILURES: ReadonlySet<EventType> = new Set(["sent", "opened", "network_back", "gate_heard"]);

const failuresAfter = ({ failures }: Entry, event: Event): number => {
  if (event.type === "no_answer") return failures + 1;
  return KEEPS_FAILURES.has(event.type) ? failures : 0;
};

const within = (u: number, spanMs: number): number => Math.floor(u * spanMs);

/** Sooner of what was planned and a random moment of the span, but not before the gate allows. */
const spreadOver = ({ next_try_ms, not_before_ms }: Entry, { u, now_ms }: Chance, spanMs: number): number => {
  const drawn = now_ms + within(u, spanMs);
  const planned = next_try_ms !== null && next_try_ms > now_ms ? Math.min(next_try_ms, drawn) : drawn;
  return Math.max(
    planned,
    Math.min(not_before_ms, now_ms + POLICY.retry_after_max_ms + POLICY.crowd_spread_ms),
  );
};

const backoffMs = (failures: number): number =>
  POLICY.backoff_ms[Math.min(failures, POLICY.backoff_ms.length - 1)] ?? 0;

const DELAYS: Readonly<Record<Delay, (entry: Entry, event: Event, chance: Chance) => number | null>> = {
  keep: (entry) => entry.next_try_ms,
  none: () => null,
  spread: (entry, _event, chance) => spreadOver(entry, chance, POLICY.spread_ms),
  crowd: (entry, _event, chance) => spreadOver(entry, chance, POLICY.crowd_spread_ms),
  backoff: ({ failures }, _event, { u, now_ms }) => now_ms + within((1 + u) / 2, backoffMs(failures)),
  retry_after: (_entry, event, { u, now_ms }) =>
    now_ms + retryAfterMs(event) + within(u, POLICY.crowd_spread_ms),
  slow: (_entry, _event, { u, now_ms }) => now_ms + POLICY.refused_ms + within(u, POLICY.refused_spread_ms),
  again: (_entry, _event, { u, now_ms }) => now_ms + within(u, POLICY.again_spread_ms),
};

const retryAfterMs = (event: Event): number =>
  event.type === "overloaded" ? Math.min(event.retry_after_s * 1000, POLICY.retry_after_max_ms) : 0;
