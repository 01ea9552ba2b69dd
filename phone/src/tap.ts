/** The tap: read the clocks, sign, keep. Only when `recordTap` returns is the tap "saved". */

import { newEntry } from "./core/outbox.ts";
import { type Direction, type Reading, signPunch, uuid7 } from "./core/records.ts";
import { signerOf } from "./enrol.ts";
import { oneAtATime } from "./locks.ts";
import { type Chain, ChainMoved, type Device, type Store, type StoredPunch } from "./store.ts";
import { VERSION } from "./version.ts";

const CHAIN_TRIES_MAX = 10;

export const readClocks = (): Reading => ({
  wall_ms: Math.round(Date.now()),
  mono_ms: Math.round(performance.now()),
  origin_ms: Math.round(performance.timeOrigin),
});

export interface Tap {
  readonly direction: Direction;
  /** The clocks as they stood when the finger came down. */
  readonly reading: Reading;
}

/**
 * Sign and keep one tap. Signing is asynchronous and a transaction does not wait for it, so: read the chain, sign,
 * then compare and set in one strict transaction, and start again if another tab was faster.
 */
export const recordTap = (store: Store, tap: Tap): Promise<StoredPunch> =>
  oneAtATime(`hadir-chain ${store.name}`, async () => {
    for (let tries = 0; tries < CHAIN_TRIES_MAX; tries++) {
      const punch = await tryOnce(store, tap);
      if (punch) return punch;
    }
    throw new ChainMoved();
  });

const tryOnce = async (store: Store, tap: Tap): Promise<StoredPunch | null> => {
  const [device, chain] = [await store.kept("device"), await store.kept("chain")];
  if (!device || !chain) throw new Error("not enrolled");
  const punch = await makePunch(store, { device, chain, tap });
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
  { device, chain, tap }: { device: Device; chain: Chain; tap: Tap },
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
      details: [],
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
    details: [],
    entry: newEntry(tap.reading.wall_ms, await store.kept("unheardMs")),
    firstTryMs: null,
    tries: 0,
    trouble: null,
    refusal: null,
    receipt: null,
    statement: null,
  };
};
