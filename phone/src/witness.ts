/** Signed times, and the delivery statement that ties a punch to a second one (section 1.2). */

import { readAnswers, readTimeAnswer } from "./core/answers.ts";
import { b64url, Malformed, randomBytes } from "./core/bytes.ts";
import { signDelivery, uuid7 } from "./core/records.ts";
import { boundNonce, NONCE_RANDOM_BYTES, verifySignedTime } from "./core/time.ts";
import { signerOf } from "./enrol.ts";
import { noteHeard, tellOutbox, type World } from "./flush.ts";
import { anyKeyList, refreshKeyList } from "./keyring.ts";
import { askJson } from "./net.ts";
import type { Device, KeptTime, StoredPunch } from "./store.ts";
import { readClocks } from "./tap.ts";

const STATEMENTS_MAX = 20;

/** Ask the gate for the time; keep it only if its signature and our nonce hold. Then the gate is there for taps too. */
export const fetchSignedTime = async (world: World): Promise<KeptTime | null> => {
  const device = await world.store.kept("device");
  const random = randomBytes(NONCE_RANDOM_BYTES);
  const nonce = b64url(device ? await boundNonce(random, device.kid) : random);
  const outcome = await askJson(world.fetch, `/v1/time?nonce=${nonce}`);
  const reading = readClocks();
  await noteHeard(world, outcome);
  if (outcome.kind !== "answered" || outcome.status !== 200) return null;
  try {
    const { token } = readTimeAnswer(outcome.body);
    const time = await believeTime(world, token, nonce);
    if (!time) return null;
    const kept: KeptTime = { held: { token, ...reading }, time };
    await world.store.keep("time", kept);
    await tellOutbox(world, { type: "gate_heard" });
    return kept;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

const believeTime = async (world: World, token: string, nonce: string): Promise<KeptTime["time"] | null> => {
  const keys = await anyKeyList(world.store, world.fetch);
  if (!keys) return null;
  try {
    return await verifySignedTime(token, { nonce, keys });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const newer = await refreshKeyList(world.store, world.fetch);
    return newer && verifySignedTime(token, { nonce, keys: newer });
  }
};

/**
 * For each punch of this page's life that has a receipt and no statement: fetch one fresh time, state the delivery,
 * post what is not posted yet. A punch of an earlier life gets none: its clock ended with its page.
 */
export const stateDeliveries = async (world: World, device: Device): Promise<void> => {
  const { origin_ms } = readClocks();
  const mine = (await world.store.punches()).filter(
    (punch) => punch.receipt && punch.kid === device.kid && punch.reading.origin_ms === origin_ms,
  );
  const unstated = mine.filter(({ statement }) => !statement).slice(0, STATEMENTS_MAX);
  if (unstated.length) await makeStatements(world, device, unstated);
  await postStatements(world);
};

/** True while a punch still waits for its statement to be made here or posted. */
export const needsStatement = (punch: StoredPunch, originMs: number): boolean =>
  punch.statement ? !punch.statement.sent : punch.receipt !== null && punch.reading.origin_ms === originMs;

const makeStatements = async (
  world: World,
  device: Device,
  punches: readonly StoredPunch[],
): Promise<void> => {
  const kept = await fetchSignedTime(world);
  if (!kept) return;
  for (const punch of punches) {
    const { record } = await signDelivery(
      {
        id: uuid7(world.now()),
        person: punch.person,
        punch: punch.hash,
        reading: readClocks(),
        signedTime: kept.held,
        firstTryMs: punch.firstTryMs,
        tries: Math.max(1, punch.tries),
      },
      signerOf(device),
    );
    await world.store.changePunches([punch.hash], (current) =>
      current.statement ? current : { ...current, statement: { record, sent: false } },
    );
  }
};

const postStatements = async (world: World): Promise<void> => {
  const unsent = (await world.store.punches())
    .flatMap(({ hash, statement }) =>
      statement && !statement.sent ? [{ hash, record: statement.record }] : [],
    )
    .slice(0, STATEMENTS_MAX);
  if (!unsent.length) return;
  const outcome = await askJson(world.fetch, "/v1/witnesses", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ witnesses: unsent.map(({ record }) => ({ record })) }),
  });
  const answered = answeredCount(outcome);
  if (answered !== unsent.length) return;
  await world.store.changePunches(
    unsent.map(({ hash }) => hash),
    (punch) => (punch.statement ? { ...punch, statement: { ...punch.statement, sent: true } } : punch),
  );
};

/** A refused statement is not tried again: it is extra evidence, the punch has its receipt. */
const answeredCount = (outcome: Awaited<ReturnType<typeof askJson>>): number | null => {
  if (outcome.kind !== "answered" || outcome.status >= 500) return null;
  try {
    return readAnswers(outcome.body).length;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};
