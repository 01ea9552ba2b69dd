/** The tap: read the clocks, sign, keep. Only when `recordTap` returns is the tap "saved". */

import { b64url } from "./core/bytes.ts";
import { newEntry } from "./core/outbox.ts";
import { type Direction, type Reading, sealDetail, signPunch, uuid7 } from "./core/records.ts";
import { signerOf } from "./enrol.ts";
import { oneAtATime } from "./locks.ts";
import { type Chain, ChainMoved, type Device, type Store, type StoredPunch } from "./store.ts";
import { VERSION } from "./version.ts";

const CHAIN_TRIES_MAX = 10;
const SAMPLES_MAX = 5;

export interface Sample {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  readonly at_ms: number;
}

export const readClocks = (): Reading => ({
  wall_ms: Math.round(Date.now()),
  mono_ms: Math.round(performance.now()),
  origin_ms: Math.round(performance.timeOrigin),
});

export interface Tap {
  readonly direction: Direction;
  /** The clocks as they stood when the finger came down. */
  readonly reading: Reading;
  readonly samples: readonly Sample[];
}

/**
 * Sign and keep one tap. Signing is asynchronous and a transaction does not wait for it, so: read the chain, sign,
 * then compare and set in one strict transaction, and start again if another tab was faster.
 */
export const recordTap = (store: Store, tap: Tap): Promise<StoredPunch> =>
  oneAtATime(`hadir-chain ${store.name}`, async () => {
    const details = await sealLocation(tap.samples);
    for (let tries = 0; tries < CHAIN_TRIES_MAX; tries++) {
      const punch = await tryOnce(store, tap, details);
      if (punch) return punch;
    }
    throw new ChainMoved();
  });

const tryOnce = async (
  store: Store,
  tap: Tap,
  details: StoredPunch["details"],
): Promise<StoredPunch | null> => {
  const [device, chain] = [await store.kept("device"), await store.kept("chain")];
  if (!device || !chain) throw new Error("not enrolled");
  const punch = await makePunch(store, { device, chain, tap, details });
  try {
    await store.addPunch(punch, chain);
    return punch;
  } catch (error) {
    if (error instanceof ChainMoved) return null;
    throw error;
  }
};

const makePunch = async (
  store: Store,
  {
    device,
    chain,
    tap,
    details,
  }: { device: Device; chain: Chain; tap: Tap; details: StoredPunch["details"] },
): Promise<StoredPunch> => {
  const kept = await store.kept("time");
  const seq = chain.seq + 1;
  const { record, hash } = await signPunch(
    {
      id: uuid7(tap.reading.wall_ms),
      person: device.person,
      direction: tap.direction,
      reading: tap.reading,
      signedTime: kept?.held ?? null,
      seq,
      prev: chain.prev,
      app: VERSION,
      details,
    },
    signerOf(device),
  );
  return {
    hash,
    record,
    kid: device.kid,
    person: device.person,
    direction: tap.direction,
    reading: tap.reading,
    seq,
    details,
    entry: newEntry(tap.reading.wall_ms, await store.kept("unheardMs")),
    firstTryMs: null,
    tries: 0,
    trouble: null,
    refusal: null,
    receipt: null,
    statement: null,
  };
};

const sealLocation = async (samples: readonly Sample[]): Promise<StoredPunch["details"]> => {
  if (!samples.length) return [];
  const content = JSON.stringify({ samples: samples.slice(-SAMPLES_MAX) });
  const { bytes, digest } = await sealDetail(content);
  return [{ kind: "location", digest, bytes: b64url(bytes) }];
};
