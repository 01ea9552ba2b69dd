import { expect, test } from "vitest";
import { decodeVoucher } from "../src/core/voucher.ts";
import { openOutbox } from "../src/courier.ts";
import { enrol } from "../src/enrol.ts";
import { flush } from "../src/flush.ts";
import { freeSlot, type Profile, Profiles, SLOTS } from "../src/profiles.ts";
import { AnotherPerson, Store } from "../src/store.ts";
import { FakeGate, openRecord } from "./gate.mjs";
import { newPhone, noNetwork, tap } from "./world.ts";

const SARI = 1042;
const BUDI = 1043;

test("one database is one person's: a colleague's slip never takes over her taps", async () => {
  const phone = await newPhone({ person: SARI });
  await tap(phone);
  const budis = decodeVoucher(phone.gate.voucher(BUDI));
  await expect(enrol(phone.store, budis, phone.clock.nowMs)).rejects.toThrow(AnotherPerson);
  expect((await phone.store.kept("device"))?.person).toBe(SARI);
  await tap(phone);
  expect((await phone.store.kept("chain"))?.seq).toBe(2);
});

test("the same person's new slip makes a new key and a new chain, and the old taps are still sent", async () => {
  const phone = await newPhone({ person: SARI });
  await tap(phone);
  await enrol(phone.store, decodeVoucher(phone.gate.voucher(SARI, { slip: 48 })), phone.clock.nowMs);
  await tap(phone);
  await flush(phone.world);
  const sent = phone.gate.punches.map(({ payload }) => [payload.seq, payload.prev]);
  expect(sent).toEqual([
    [1, null],
    [1, null],
  ]);
  expect(new Set(phone.gate.punches.map(({ header }) => header.kid)).size).toBe(2);
});

test("two people's chains, outboxes and signatures stay apart, sent at the same moment too", async () => {
  const sari = await newPhone({ person: SARI });
  const budi = await newPhone({ person: BUDI });
  budi.net.fetch = sari.gate.fetch;
  await Promise.all([tap(sari), tap(budi), tap(sari), tap(budi)]);
  await Promise.all([flush(sari.world), flush(budi.world)]);
  for (const [phone, person] of [[sari, SARI] as const, [budi, BUDI] as const]) {
    const mine = await phone.store.punches();
    expect(mine.map((punch) => punch.person)).toEqual([person, person]);
    expect(mine.map(({ record }) => openRecord(record).payload.seq).sort()).toEqual([1, 2]);
    expect(mine.every(({ entry }) => entry.state === "recorded")).toBe(true);
  }
});

test("Sari's long wait for a dead network does not hold Budi's tap", async () => {
  const sari = await newPhone({ person: SARI });
  const budi = await newPhone({ person: BUDI });
  let let_go = () => {};
  sari.net.fetch = () =>
    new Promise((_done, fail) => {
      let_go = () => fail(new TypeError("Failed to fetch"));
    });
  await tap(sari);
  await tap(budi);
  const waiting = flush(sari.world);
  await flush(budi.world);
  expect((await budi.store.punches())[0]?.entry.state).toBe("recorded");
  let_go();
  await waiting;
});

test("a newcomer gets what is the phone's: the pinned root, the keys and the newest signed time; nothing else", async () => {
  const sari = await newPhone({ person: SARI });
  await tap(sari);
  await flush(sari.world);
  const gate = new FakeGate();
  const fresh = await Store.open("newcomer");
  await fresh.inherit(sari.store);
  expect(await fresh.kept("root")).toBe(gate.rootKey.verifier);
  expect(await fresh.kept("keys")).toBe(await sari.store.kept("keys"));
  expect([await fresh.kept("device"), await fresh.kept("chain"), await fresh.kept("today")]).toEqual([
    null,
    null,
    null,
  ]);
  expect(await fresh.punches()).toEqual([]);
});

test("a phone enrolled before there were profiles has one", async () => {
  const gate = new FakeGate();
  const store = await Store.open(SLOTS[0]);
  await enrol(store, decodeVoucher(gate.voucher(SARI)), Date.now());
  store.close();
  const profiles = await Profiles.open("profiles-old-phone");
  expect(await profiles.list()).toEqual([{ db: SLOTS[0], person: SARI, name: null }]);
});

test("a name goes and everything kept under it, and the others stay", async () => {
  const profiles = await Profiles.open("profiles-remove");
  const gate = new FakeGate();
  for (const [db, person] of [["slot-a", SARI] as const, ["slot-b", BUDI] as const]) {
    const store = await Store.open(db);
    await enrol(store, decodeVoucher(gate.voucher(person)), Date.now());
    store.close();
    await profiles.put({ db, person, name: null });
  }
  await profiles.rename("slot-b", "Budi");
  await profiles.remove("slot-a");
  expect(await profiles.list()).toEqual([{ db: "slot-b", person: BUDI, name: "Budi" }]);
  const again = await Store.open("slot-a");
  expect(await again.kept("device")).toBeNull();
});

test("a slot is free while nobody has it, and there are four", () => {
  const held: Profile[] = [];
  for (const slot of SLOTS) {
    expect(freeSlot(held)).toBe(slot);
    held.push({ db: slot, person: held.length + 1, name: null });
  }
  expect(freeSlot(held)).toBeNull();
  expect(freeSlot(held.filter(({ db }) => db !== "hadir-2"))).toBe("hadir-2");
});

test("the outbox of one whose page is closed wakes like her own page would", async () => {
  const phone = await newPhone();
  await tap(phone);
  phone.net.fetch = noNetwork;
  await flush(phone.world);
  phone.clock.nowMs += 3_600_000;
  await openOutbox(phone.world);
  expect((await phone.store.punches())[0]?.entry.next_try_ms).toBe(phone.clock.nowMs + 10_000);
});
