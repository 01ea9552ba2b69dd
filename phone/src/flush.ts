/**
 * The outbox's network shell, shared by the page and the service worker. In six steps: under one lock, wake what an
 * earlier life left half sent; take what is due; mark it; send one batch; believe only receipts that verify here;
 * write down what became of each. What to do next is the table's word (core/outbox.ts), never decided here.
 */

import { type Answer, type Recorded, readAnswers, readRefusal } from "./core/answers.ts";
import { Malformed } from "./core/bytes.ts";
import { isVerifierMissing } from "./core/ed25519.ts";
import { endedJournals, type KeyList } from "./core/keys.ts";
import { type Event, isDue, isUnsent, mayJoin, POLICY, step } from "./core/outbox.ts";
import { type Receipt, verifyReceipt } from "./core/receipt.ts";
import { anyKeyList, heldKeyList, refreshKeyList } from "./keyring.ts";
import { oneAtATime } from "./locks.ts";
import { askJson, type Fetch, type Outcome } from "./net.ts";
import {
  newestReceipt,
  type Standing,
  type Store,
  type StoredPunch,
  type StoredReceipt,
  type Trouble,
} from "./store.ts";

export interface World {
  readonly store: Store;
  readonly fetch: Fetch;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The world outside of tests. */
export const realWorld = (store: Store): World => ({
  store,
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  random: () => Math.random(),
});

/** Longer than one request takes. Two senders at once cost the gate a repeat, and nobody a tap. */
const LOCK_WAIT_MS = POLICY.request_timeout_ms + 5_000;
const BATCHES_MAX = 10;
const PUNCH_KIND = 1;
/** 408 and 429 speak of this moment, not of the record. */
const TRY_AGAIN: ReadonlySet<number> = new Set([408, 429]);

/** Send all that is due. Returns true when at least one receipt came. */
export const flush = (world: World): Promise<boolean> =>
  oneAtATime(
    `hadir-flush ${world.store.name}`,
    async () => {
      await world.store.land();
      await wakeSending(world);
      let anyReceipt = false;
      for (let batches = 0; batches < BATCHES_MAX; batches++) {
        const receipts = await flushOnce(world);
        if (receipts === null) break;
        anyReceipt ||= receipts > 0;
        if (receipts === 0) break;
      }
      return anyReceipt;
    },
    LOCK_WAIT_MS,
  );

/** Tell the outbox of something that concerns all of it: the app opened, the network came back. */
export const tellOutbox = async (world: World, event: Event): Promise<void> => {
  const punches = await world.store.punches();
  const hashes = punches.filter(({ entry }) => entry.state !== "sending").map(({ hash }) => hash);
  await world.store.changePunches(hashes, (punch) => move(world, punch, event));
  if (event.type === "swept") await world.store.forgetExpired();
};

/**
 * After a restore, a year end or a key change: the key list, signed by the root, says which journals ended. What only
 * they hold goes to the journal that goes on, all of one phone together at one random moment.
 */
export const sendAgainWhatEnded = async (world: World): Promise<void> => {
  const keys = await heldKeyList(world.store);
  const ended = keys && endedJournals(keys);
  if (!ended?.size) return;
  const lacking = (await world.store.punches()).filter(
    (punch) => punch.entry.state === "recorded" && ended.has(newestReceipt(punch)?.origin ?? ""),
  );
  const u = world.random();
  await world.store.changePunches(
    lacking.map(({ hash }) => hash),
    (punch) => move({ ...world, random: () => u }, punch, { type: "new_journal" }),
  );
};

// Whoever holds the lock is the only sender, so `sending` here means a life that ended in the middle.
const wakeSending = async (world: World): Promise<void> => {
  const cutOff = (await world.store.punches()).filter(({ entry }) => entry.state === "sending");
  await world.store.changePunches(
    cutOff.map(({ hash }) => hash),
    (punch) => move(world, punch, { type: "opened" }),
  );
};

/** null: nothing was due. */
const flushOnce = async (world: World): Promise<number | null> => {
  const now = world.now();
  const punches = await world.store.punches();
  const due = punches.filter(({ entry }) => isDue(entry, now));
  if (!due.length) return null;
  const riders = punches.filter(({ entry }) => !isDue(entry, now) && mayJoin(entry, now));
  const batch = [...due, ...riders].sort(unprovenFirst).slice(0, POLICY.batch_max);
  return sendBatch(world, await markSent(world, batch));
};

// What is sent again to a new journal never makes a fresh tap wait.
const unprovenFirst = (a: StoredPunch, b: StoredPunch): number =>
  Number(isUnsent(b.entry)) - Number(isUnsent(a.entry));

const markSent = (world: World, batch: readonly StoredPunch[]): Promise<StoredPunch[]> =>
  world.store.changePunches(
    batch.map(({ hash }) => hash),
    (punch) => ({
      ...move(world, punch, { type: "sent" }),
      firstTryMs: punch.firstTryMs ?? world.now(),
      tries: punch.tries + 1,
    }),
  );

const sendBatch = async (world: World, batch: readonly StoredPunch[]): Promise<number> => {
  const outcome = await post(world, batch);
  try {
    return await settleOutcome(world, batch, outcome);
  } catch (error) {
    await settleUnanswered(world, batch, { kind: "no_answer" }); // a fault of ours: patience, and no storm of tries
    throw error;
  }
};

const settleOutcome = async (
  world: World,
  batch: readonly StoredPunch[],
  outcome: Outcome,
): Promise<number> => {
  await noteHeard(world, outcome);
  const answers = readBatchAnswers(outcome, batch.length);
  if (answers) return settleAnswers(world, batch, answers);
  if (refusedAsAWhole(outcome)) return settleRefusedBatch(world, batch, outcome);
  await settleUnanswered(world, batch, outcome);
  return 0;
};

/** Whether the gate speaks at all, for the next tap's patience. */
export const noteHeard = async ({ store, now }: World, { kind }: Outcome): Promise<void> => {
  const unheardMs = kind === "answered" || kind === "overloaded" ? null : now();
  if (unheardMs !== null || (await store.kept("unheardMs")) !== null)
    await store.keep("unheardMs", unheardMs);
};

const post = ({ fetch }: World, batch: readonly StoredPunch[]): Promise<Outcome> =>
  askJson(fetch, "/v1/punches", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      punches: batch.map(({ record, details }) => ({ record, details: details.map(({ bytes }) => bytes) })),
    }),
  });

const readBatchAnswers = (outcome: Outcome, length: number): readonly Answer[] | null => {
  if (outcome.kind !== "answered" || outcome.status >= 500) return null;
  const answers = attempt(() => readAnswers(outcome.body));
  return answers?.length === length ? answers : null;
};

const refusedAsAWhole = (outcome: Outcome): outcome is Outcome & { kind: "answered" } =>
  outcome.kind === "answered" &&
  outcome.status >= 400 &&
  outcome.status < 500 &&
  !TRY_AGAIN.has(outcome.status) &&
  attempt(() => readRefusal(outcome.body)) !== null;

/** One bad record must not hold up the others: a batch refused as a whole is sent one by one. */
const settleRefusedBatch = async (
  world: World,
  batch: readonly StoredPunch[],
  outcome: Outcome & { kind: "answered" },
): Promise<number> => {
  const [only] = batch;
  if (batch.length === 1 && only) {
    await settle(world, only, { type: "refused" }, { refusal: readRefusal(outcome.body), trouble: null });
    return 0;
  }
  let receipts = 0;
  for (const punch of batch) receipts += await sendBatch(world, [punch]);
  return receipts;
};

const settleUnanswered = async (
  world: World,
  batch: readonly StoredPunch[],
  outcome: Outcome,
): Promise<void> => {
  const overloaded = outcome.kind === "overloaded";
  const event: Event = overloaded
    ? { type: "overloaded", retry_after_s: outcome.retryAfterS }
    : { type: "no_answer" };
  const trouble: Trouble =
    overloaded || outcome.kind === "no_answer" ? outcome.kind : answeredTrouble(outcome);
  for (const punch of batch) await settle(world, punch, event, { trouble });
};

const answeredTrouble = (outcome: Outcome): Trouble =>
  outcome.kind === "answered" && outcome.status >= 500 ? "no_answer" : "not_the_gate";

const settleAnswers = async (
  world: World,
  batch: readonly StoredPunch[],
  answers: readonly Answer[],
): Promise<number> => {
  const keys = await anyKeyList(world.store, world.fetch);
  let receipts = 0;
  for (const [index, punch] of batch.entries()) {
    const answer = answers[index];
    if (answer && (await settleAnswer(world, punch, { answer, keys }))) receipts++;
  }
  return receipts;
};

const settleAnswer = async (
  world: World,
  punch: StoredPunch,
  { answer, keys }: { answer: Answer; keys: KeyList | null },
): Promise<boolean> => {
  if ("refusal" in answer) {
    await settle(world, punch, { type: "refused" }, { refusal: answer.refusal, trouble: null });
    return false;
  }
  const receipt = await believe(world, punch, { recorded: answer.recorded, keys });
  if (!receipt) {
    await settle(
      world,
      punch,
      { type: "no_answer" },
      { trouble: isVerifierMissing() ? "unverified" : "unproven" },
    );
    return false;
  }
  await settle(world, punch, { type: "receipted" }, (current) => proven(current, answer.recorded, receipt));
  await noteConfirmed(world.store, punch, answer.recorded);
  await noteFlags(world, punch, answer.recorded);
  return true;
};

/** Verify with the held keys; an unknown key may only be a new one, so ask for the list once more. */
const believe = async (
  world: World,
  punch: StoredPunch,
  { recorded, keys }: { recorded: Recorded; keys: KeyList | null },
): Promise<Receipt | null> => {
  const first = keys && (await check(punch, recorded, keys));
  if (first) return first;
  const newer = await refreshKeyList(world.store, world.fetch);
  return newer && check(punch, recorded, newer);
};

/** Everything the answer says must be what the proof says. */
const check = async (punch: StoredPunch, recorded: Recorded, keys: KeyList): Promise<Receipt | null> => {
  try {
    const receipt = await verifyReceipt(recorded.receipt, { record: punch.record, keys });
    const agrees =
      receipt.kind === PUNCH_KIND &&
      recorded.record_hash === punch.hash &&
      recorded.index === receipt.index &&
      recorded.received_at_ms === receipt.receivedAtMs;
    return agrees ? receipt : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

const proven = (punch: StoredPunch, recorded: Recorded, receipt: Receipt): Partial<StoredPunch> => {
  const stored = storedReceipt(recorded, receipt);
  const settled = { trouble: null, refusal: null };
  if (!punch.receipt) return { ...settled, receipt: stored };
  if (newestReceipt(punch)?.origin === stored.origin) return settled;
  // A journal that lacked the punch lacks its statement too.
  const statement = punch.statement && { ...punch.statement, sent: false };
  return { ...settled, later: [...(punch.later ?? []), stored], statement };
};

const storedReceipt = (recorded: Recorded, receipt: Receipt): StoredReceipt => ({
  text: recorded.receipt,
  index: receipt.index,
  origin: receipt.origin,
  treeSize: receipt.treeSize,
  receivedAtMs: receipt.receivedAtMs,
  flags: recorded.flags,
});

const noteConfirmed = async (store: Store, punch: StoredPunch, { flags }: Recorded): Promise<void> => {
  const device = await store.kept("device");
  if (!device || device.kid !== punch.kid || device.confirmed || flags.includes("unconfirmed")) return;
  await store.keep("device", { ...device, confirmed: true });
};

/** The gate's flags tell how this key stands; those of a repeat may be of long ago. */
const noteFlags = async (world: World, { kid }: StoredPunch, { flags, repeat }: Recorded): Promise<void> => {
  if (!repeat) await noteStanding(world, kid, standingBy(flags));
};

const standingBy = (flags: readonly string[]): Standing => {
  if (flags.includes("revoked_key")) return "revoked";
  if (flags.includes("person_mismatch")) return "mismatch";
  return flags.includes("unconfirmed") ? "unconfirmed" : "confirmed";
};

/** Kept with the moment at which it was heard: away from the office the screen says what it knows, and from when. */
export const noteStanding = async ({ store, now }: World, kid: string, standing: Standing): Promise<void> => {
  const [device, held] = [await store.kept("device"), await store.kept("standing")];
  if (device?.kid !== kid || (held?.kid === kid && held.standing === standing)) return;
  await store.keep("standing", { kid, standing, heardAtMs: now() });
};

const settle = (
  world: World,
  punch: StoredPunch,
  event: Event,
  more: Partial<StoredPunch> | ((current: StoredPunch) => Partial<StoredPunch>),
): Promise<unknown> =>
  world.store.changePunches([punch.hash], (current) => ({
    ...move(world, current, event),
    ...(typeof more === "function" ? more(current) : more),
  }));

const move = (world: World, punch: StoredPunch, event: Event): StoredPunch => {
  const entry = step(punch.entry, event, { u: world.random(), now_ms: world.now() });
  return entry === punch.entry ? punch : { ...punch, entry };
};

const attempt = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};
