/** A phone without a screen: store, fake gate, and a clock and chance that the test holds. */

import { decodeVoucher } from "../src/core/voucher.ts";
import { enrol } from "../src/enrol.ts";
import type { World } from "../src/flush.ts";
import { Store } from "../src/store.ts";
import { readClocks, recordTap } from "../src/tap.ts";
import { FakeGate } from "./gate.mjs";

export interface Phone {
  readonly gate: FakeGate;
  readonly store: Store;
  readonly world: World;
  /** What the network does now; tests replace it. */
  net: { fetch: typeof fetch };
  clock: { nowMs: number };
}

let phones = 0;

export const newPhone = async ({ person = 1042, site = "presensi.example.go.id" } = {}): Promise<Phone> => {
  const clock = { nowMs: Date.now() };
  const gate = new FakeGate({ site, now: () => clock.nowMs });
  const store = await Store.open(`phone-${++phones}`);
  const net = { fetch: gate.fetch };
  const world: World = {
    store,
    fetch: (input, init) => net.fetch(input, init),
    now: () => clock.nowMs,
    random: () => 0.5,
  };
  await enrol(store, decodeVoucher(gate.voucher(person)), clock.nowMs);
  return { gate, store, world, net, clock };
};

export const tap = ({ store, clock }: Phone, direction: "in" | "out" = "in") =>
  recordTap(store, { direction, reading: { ...readClocks(), wall_ms: clock.nowMs } });

export const noNetwork: typeof fetch = () => Promise.reject(new TypeError("Failed to fetch"));

export const answer =
  (status: number, body: string, headers: Record<string, string> = {}): typeof fetch =>
  async () =>
    new Response(body, { status, headers });
