/** A storage that is lost, full or broken: what is said of a tap, and what becomes of it. */

import { afterEach, expect, test, vi } from "vitest";
import { flush } from "../src/flush.ts";
import { openRecord } from "./gate.mjs";
import { newPhone, noNetwork, type Phone, tap } from "./world.ts";

afterEach(() => vi.restoreAllMocks());

/** Every write fails, as a full or a broken disk makes it. */
const refuseWrites = (name: string) => {
  const refuse = () => {
    throw new DOMException("no", name);
  };
  for (const way of ["add", "put", "delete"] as const)
    vi.spyOn(IDBObjectStore.prototype, way).mockImplementation(refuse);
};

const chainOf = ({ gate }: Phone) =>
  gate.punches
    .map(({ payload, hash }) => ({ seq: payload.seq, prev: payload.prev, hash }))
    .sort((a, b) => a.seq - b.seq);

test("a connection that the browser ended is opened again, and the tap is kept", async () => {
  const open = vi.spyOn(indexedDB, "open");
  const phone = await newPhone();
  const ours = open.mock.results.map(({ value }) => value.result as IDBDatabase);
  for (const database of ours) database.close();
  const punch = await tap(phone);
  expect(phone.store.isUnwritten(punch.hash)).toBe(false);
  for (const { value } of open.mock.results) value.result.close();
  expect(await phone.store.punches()).toHaveLength(1);
  expect(phone.store.trouble).toBeNull();
});

test("a store that was closed for good is not opened again, and makes no new database", async () => {
  const phone = await newPhone();
  phone.store.close();
  await expect(phone.store.punches()).rejects.toThrow();
});

for (const [name, trouble] of [
  ["QuotaExceededError", "full"],
  ["DataError", "broken"],
] as const) {
  test(`a storage that is ${trouble} is told apart, and the tap is sent all the same`, async () => {
    const phone = await newPhone();
    await phone.store.punches();
    refuseWrites(name);
    const punch = await tap(phone);
    expect(phone.store.isUnwritten(punch.hash)).toBe(true);
    expect(phone.store.trouble).toBe(trouble);
    expect(await flush(phone.world)).toBe(true);
    const [shown] = await phone.store.punches();
    expect(shown?.receipt?.origin).toBe(phone.gate.gateKey.name);
    expect(phone.store.isUnwritten(punch.hash)).toBe(true);
  });
}

test("taps that were afloat are written when there is room again, and the chain has no fork", async () => {
  const phone = await newPhone();
  await tap(phone);
  phone.net.fetch = noNetwork;
  refuseWrites("QuotaExceededError");
  await tap(phone);
  await tap(phone, "out");
  expect(await flush(phone.world)).toBe(false);
  vi.restoreAllMocks();
  expect(await phone.store.land()).toBe(true);
  expect(phone.store.unwrittenTaps.size).toBe(0);
  await tap(phone, "out");
  expect((await phone.store.kept("chain"))?.seq).toBe(4);
  phone.net.fetch = phone.gate.fetch;
  phone.clock.nowMs += 3_600_000;
  await flush(phone.world);
  const sent = chainOf(phone);
  expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(sent.map(({ prev }) => prev)).toEqual([null, ...sent.slice(0, -1).map(({ hash }) => hash)]);
});

test("what another page wrote meanwhile is not undone when room comes back", async () => {
  const phone = await newPhone();
  const punch = await tap(phone);
  refuseWrites("QuotaExceededError");
  await phone.store.changePunches([punch.hash], (held) => ({ ...held, tries: 9 }));
  vi.restoreAllMocks();
  const other = await (await import("../src/store.ts")).Store.open(phone.store.name);
  await flush({ ...phone.world, store: other });
  expect(await phone.store.land()).toBe(true);
  expect((await phone.store.punches())[0]?.receipt).not.toBeNull();
});

test("a storage that does not answer at all: the tap is signed from what is known, and sent", async () => {
  const phone = await newPhone();
  await phone.store.kept("device");
  await phone.store.kept("chain");
  await phone.store.kept("time");
  await phone.store.kept("unheardMs");
  await phone.store.punches();
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(() => {
    throw new DOMException("gone", "UnknownError");
  });
  const punch = await tap(phone);
  expect(phone.store.trouble).toBe("broken");
  await flush(phone.world);
  expect(phone.gate.punches.map(({ hash }) => hash)).toEqual([punch.hash]);
  expect(openRecord(punch.record).payload.seq).toBe(1);
});

test("a fault of ours after the answer leaves no tap in the middle of sending", async () => {
  const phone = await newPhone();
  await tap(phone);
  vi.spyOn(phone.store, "keep").mockRejectedValueOnce(new TypeError("ours"));
  await expect(flush(phone.world)).rejects.toThrow("ours");
  const [punch] = await phone.store.punches();
  expect(punch?.entry.state).toBe("waiting");
  expect(punch?.entry.failures).toBe(1);
});
