import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { b64url, fromB64url, fromUtf8 } from "../src/core/bytes.ts";
import { endedJournals } from "../src/core/keys.ts";
import { POLICY } from "../src/core/outbox.ts";
import { receiptFile, verifyReceipt } from "../src/core/receipt.ts";
import { signPunch, uuid7 } from "../src/core/records.ts";
import { boundNonce } from "../src/core/time.ts";
import { signerOf } from "../src/enrol.ts";
import { flush, sendAgainWhatEnded, tellOutbox } from "../src/flush.ts";
import { heldKeyList, refreshKeyList } from "../src/keyring.ts";
import type { StoredPunch } from "../src/store.ts";
import { fetchToday } from "../src/today.ts";
import { fetchSignedTime, stateDeliveries } from "../src/witness.ts";
import { FakeGate, Key } from "./gate.mjs";
import { answer, newPhone, noNetwork, type Phone, tap } from "./world.ts";

const only = async ({ store }: Phone): Promise<StoredPunch> => {
  const punches = await store.punches();
  if (punches.length !== 1 || !punches[0]) throw new Error(`${punches.length} punches`);
  return punches[0];
};

test("a tap is delivered, its receipt verified, its statement posted", async () => {
  const phone = await newPhone();
  const { hash } = await tap(phone);
  expect(await flush(phone.world)).toBe(true);
  const punch = await only(phone);
  expect(punch.entry.state).toBe("recorded");
  expect(punch.receipt?.index).toBe(5);
  expect(receiptFile(punch.record, punch.receipt?.text ?? "")).toMatch(
    /^hadir-receipt\/v1\n\S+\n\nc2sp\.org/,
  );
  const device = await phone.store.kept("device");
  if (device) await stateDeliveries(phone.world, device);
  const [statement] = phone.gate.witnesses;
  expect(statement.header.typ).toBe("hadir-delivery+jws");
  expect(statement.payload).toMatchObject({ punch: hash, person: 1042, tries: 1 });
  expect((await only(phone)).statement?.sent).toBe(true);
});

test("while the gate is dead the tap waits, and a retry is the same bytes", async () => {
  const phone = await newPhone();
  const { record } = await tap(phone);
  phone.net.fetch = noNetwork;
  await flush(phone.world);
  expect((await only(phone)).entry).toMatchObject({ state: "waiting", failures: 1 });
  expect((await only(phone)).trouble).toBe("no_answer");
  phone.net.fetch = phone.gate.fetch;
  phone.clock.nowMs += 4_000;
  await flush(phone.world);
  expect((await only(phone)).record).toBe(record);
  expect((await only(phone)).tries).toBe(2);
  expect((await only(phone)).entry.state).toBe("recorded");
});

test.each([
  ["a captive portal's page", answer(200, "<html>Silakan masuk</html>"), "not_the_gate"],
  ["a captive portal's JSON", answer(200, '{"ok":true}'), "not_the_gate"],
  ["fewer answers than punches", answer(200, '{"answers":[]}'), "not_the_gate"],
  ["a broken gate", answer(500, '{"refusal":{"code":"x","id":"x","en":"x"}}'), "no_answer"],
  ["a proxy's page", answer(502, "<h1>Bad Gateway</h1>"), "no_answer"],
  ["an overloaded gate", answer(503, "{}", { "Retry-After": "7" }), "overloaded"],
])("%s is never a receipt", async (_name, network, trouble) => {
  const phone = await newPhone();
  await tap(phone);
  phone.net.fetch = network;
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({ trouble, receipt: null, entry: { state: "waiting" } });
});

test("Retry-After is obeyed", async () => {
  const phone = await newPhone();
  await tap(phone);
  phone.net.fetch = answer(503, "", { "Retry-After": "30" });
  await flush(phone.world);
  expect((await only(phone)).entry.next_try_ms).toBe(phone.clock.nowMs + 30_000 + 60_000);
});

test("a receipt of a gate that the key list does not know is not believed", async () => {
  const phone = await newPhone();
  await refreshKeyList(phone.store, phone.gate.fetch);
  await tap(phone);
  const stranger = new FakeGate({ site: "presensi.elsewhere.go.id" });
  phone.net.fetch = stranger.fetch;
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({
    trouble: "unproven",
    receipt: null,
    entry: { state: "waiting" },
  });
  expect((await phone.store.kept("keys")) ?? "").toContain("presensi.example.go.id");
});

test.each(["record_hash", "index", "received_at_ms", "receipt"])(
  "an answer whose %s lies is not believed",
  async (name) => {
    const phone = await newPhone();
    await tap(phone);
    phone.net.fetch = async (input, init) => {
      const response = await phone.gate.fetch(input, init);
      if (!String(input).endsWith("/punches")) return response;
      const body = (await response.json()) as { answers: Record<string, unknown>[] };
      const [first] = body.answers;
      if (first) first[name] = typeof first[name] === "number" ? Number(first[name]) + 1 : `${first[name]}x`;
      return new Response(JSON.stringify(body));
    };
    await flush(phone.world);
    expect(await only(phone)).toMatchObject({
      trouble: "unproven",
      receipt: null,
      entry: { state: "waiting" },
    });
  },
);

test("a refused tap is kept, its reason shown, and tried again at the next opening", async () => {
  const phone = await newPhone();
  await tap(phone);
  phone.gate.refusal = { code: "unknown_key", id: "Kunci belum dikenal", en: "Key not known" };
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({ entry: { state: "refused" }, refusal: { code: "unknown_key" } });
  phone.gate.refusal = null;
  await tellOutbox(phone.world, { type: "opened" });
  phone.clock.nowMs += 20_000;
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({ entry: { state: "recorded" }, refusal: null });
});

test("one record that spoils a batch does not hold up the others", async () => {
  const phone = await newPhone();
  const bad = await tap(phone);
  await tap(phone, "out");
  await tap(phone);
  phone.net.fetch = async (input, init) =>
    String(init?.body).includes(bad.record)
      ? new Response('{"refusal":{"code":"malformed","id":"Rusak","en":"Broken"}}', { status: 400 })
      : phone.gate.fetch(input, init);
  await flush(phone.world);
  const states = (await phone.store.punches()).map(({ entry }) => entry.state);
  expect(states).toEqual(["refused", "recorded", "recorded"]);
});

test("a page that died while sending wakes up waiting", async () => {
  const phone = await newPhone();
  const { hash } = await tap(phone);
  await phone.store.changePunches([hash], (punch) => ({
    ...punch,
    entry: { ...punch.entry, state: "sending" },
  }));
  await flush(phone.world);
  expect((await only(phone)).entry.state).toBe("waiting");
  phone.clock.nowMs += 20_000;
  await flush(phone.world);
  expect((await only(phone)).entry.state).toBe("recorded");
});

test("two flushes at once send a tap once", async () => {
  const phone = await newPhone();
  await tap(phone);
  await Promise.all([flush(phone.world), flush(phone.world)]);
  expect(phone.gate.requests.filter((request) => request === "POST /v1/punches")).toHaveLength(1);
});

test("fifty taps of a long outage go in batches of twenty", async () => {
  const phone = await newPhone();
  for (let count = 0; count < 50; count++) await tap(phone);
  await flush(phone.world);
  expect(phone.gate.punches).toHaveLength(50);
  expect(phone.gate.requests.filter((request) => request === "POST /v1/punches")).toHaveLength(3);
});

test("35 days after the receipt a record is forgotten; an unsent one never is", async () => {
  const phone = await newPhone();
  await tap(phone);
  await flush(phone.world);
  phone.net.fetch = noNetwork;
  const unsent = await tap(phone, "out");
  phone.clock.nowMs += 36 * 86_400_000;
  await tellOutbox(phone.world, { type: "swept" });
  expect((await only(phone)).hash).toBe(unsent.hash);
});

test("jwk and voucher go along until an answer comes without `unconfirmed`", async () => {
  const phone = await newPhone();
  await tap(phone);
  await flush(phone.world);
  phone.gate.confirmed = true;
  await tap(phone);
  await flush(phone.world);
  await tap(phone);
  await flush(phone.world);
  const headers = phone.gate.punches.map(({ header }) => Object.keys(header));
  const introduced = ["alg", "kid", "typ", "jwk", "voucher"];
  expect(headers).toEqual([introduced, introduced, ["alg", "kid", "typ"]]);
});

test("a key list that another root signed does not replace the pinned one, whatever name that root has", async () => {
  const phone = await newPhone();
  await refreshKeyList(phone.store, phone.gate.fetch);
  const held = await phone.store.kept("keys");
  const thief = new FakeGate();
  thief.rootKey = new Key(thief.rootKey.name, 9);
  thief.keyList = thief.rootKey.note(thief.keyList.slice(0, thief.keyList.indexOf("\n— ")));
  expect(await refreshKeyList(phone.store, thief.fetch)).toBeNull();
  expect(await phone.store.kept("keys")).toBe(held);
});

test("without the root key there is no key list, and no receipt is believed", async () => {
  const phone = await newPhone();
  await tap(phone);
  phone.net.fetch = async (input, init) =>
    String(input) === "/v1/root"
      ? new Response("<h1>404</h1>", { status: 404 })
      : phone.gate.fetch(input, init);
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({
    trouble: "unproven",
    receipt: null,
    entry: { state: "waiting" },
  });
});

/** The site after a restore from a copy: the old key ended, a new journal, and none of what the copy lacked. */
const restored = (phone: Phone, turn = "2026-1124T071500Z"): FakeGate => {
  const { gate } = phone;
  const site = "presensi.example.go.id";
  const next = new FakeGate({ site, now: () => phone.clock.nowMs, fill: 1 });
  next.gateKey = new Key(`${site}/gate1/${turn}`, 4);
  next.leaves = [];
  next.append(24, Buffer.from("{}"), "");
  const now = `${new Date(phone.clock.nowMs).toISOString().slice(0, 19)}Z`;
  const lines = gate.keyList.slice(0, gate.keyList.indexOf("\n\n— ")).split("\n");
  const ended = lines.map((line) => (line.startsWith("gate ") ? line.replace(" - ", ` ${now} `) : line));
  next.keyList = gate.rootKey.note(`${[...ended, `gate ${now} - ${next.gateKey.verifier}`].join("\n")}\n`);
  return next;
};

test("after a restore what the phone keeps is sent again, calmly, and both receipts stay", async () => {
  const phone = await newPhone();
  await tap(phone);
  await flush(phone.world);
  const device = await phone.store.kept("device");
  if (device) await stateDeliveries(phone.world, device);
  const first = (await only(phone)).receipt;
  phone.clock.nowMs += 60_000;
  const again = restored(phone);
  phone.net.fetch = again.fetch;
  phone.clock.nowMs += 60_000;

  const fresh = await tap(phone, "out");
  await flush(phone.world);
  await sendAgainWhatEnded(phone.world);
  const [old] = await phone.store.punches();
  expect(old?.entry).toMatchObject({ state: "waiting", receipted_ms: first && expect.any(Number) });
  expect(old?.entry.next_try_ms).toBe(phone.clock.nowMs + 1_800_000);
  expect(again.punches.map(({ hash }) => hash)).toEqual([fresh.hash]);

  phone.clock.nowMs += 1_800_000;
  await flush(phone.world);
  await sendAgainWhatEnded(phone.world);
  const [kept] = await phone.store.punches();
  expect(kept?.entry.state).toBe("recorded");
  expect(kept?.receipt).toEqual(first);
  expect(kept?.later?.map(({ origin }) => origin)).toEqual([
    "presensi.example.go.id/gate1/2026-1124T071500Z",
  ]);
  if (device) await stateDeliveries(phone.world, device);
  expect(again.witnesses.map(({ payload }) => payload.punch)).toContain(kept?.hash);

  const keys = await heldKeyList(phone.store);
  if (!keys || !kept) throw new Error("no key list");
  for (const receipt of [kept.receipt, ...(kept.later ?? [])]) {
    const text = receipt?.text ?? "";
    expect((await verifyReceipt(text, { record: kept.record, keys })).origin).toBe(receipt?.origin);
  }
});

test("a fresh tap goes before a thousand that are sent again", async () => {
  const phone = await newPhone();
  for (let count = 0; count < 25; count++) await tap(phone);
  await flush(phone.world);
  phone.clock.nowMs += 60_000;
  const again = restored(phone);
  phone.net.fetch = again.fetch;
  await refreshKeyList(phone.store, again.fetch);
  await sendAgainWhatEnded(phone.world);
  phone.clock.nowMs += 3_600_000;
  const fresh = await tap(phone, "out");
  await flush(phone.world);
  expect(again.punches).toHaveLength(26);
  expect(again.punches.findIndex(({ hash }) => hash === fresh.hash)).toBeLessThan(1);
});

test("another gate of the same site is no new journal", async () => {
  const phone = await newPhone();
  await tap(phone);
  await flush(phone.world);
  const keys = await heldKeyList(phone.store);
  if (!keys) throw new Error("no key list");
  const [gate1] = keys.entries;
  if (!gate1) throw new Error("no key");
  const gate2 = { ...gate1, key: { ...gate1.key, name: "presensi.example.go.id/gate2/2026" } };
  expect([...endedJournals({ ...keys, entries: [gate1, gate2] })]).toEqual([]);
  const gate1Ended = { ...gate1, untilMs: 5 };
  expect([...endedJournals({ ...keys, entries: [gate1Ended, gate2] })]).toEqual([]);
  const gate1Next = { ...gate1, key: { ...gate1.key, name: "presensi.example.go.id/gate1/2027" } };
  expect([...endedJournals({ ...keys, entries: [gate1Ended, gate1Next, gate2] })]).toEqual([gate1.key.name]);
});

test("half an answer is no answer, not a portal", async () => {
  const phone = await newPhone();
  await tap(phone);
  const json = { "Content-Type": "application/json" };
  phone.net.fetch = answer(200, '{"answers":[{"record_ha', json);
  await flush(phone.world);
  expect(await only(phone)).toMatchObject({
    trouble: "no_answer",
    receipt: null,
    entry: { state: "waiting" },
  });
});

test("a gate that gives a signed time is not away: the tap need not wait for the end of its patience", async () => {
  const phone = await newPhone();
  phone.net.fetch = noNetwork;
  await fetchSignedTime(phone.world);
  await tap(phone);
  await flush(phone.world);
  const patience = (await only(phone)).entry.next_try_ms ?? 0;
  expect(patience - phone.clock.nowMs).toBeGreaterThan(POLICY.spread_ms);
  phone.net.fetch = answer(200, "<html>Silakan masuk</html>");
  await fetchSignedTime(phone.world);
  expect((await only(phone)).entry.next_try_ms).toBe(patience);
  phone.net.fetch = phone.gate.fetch;
  await fetchSignedTime(phone.world);
  phone.clock.nowMs += POLICY.spread_ms;
  await flush(phone.world);
  expect((await only(phone)).entry.state).toBe("recorded");
});

test("a signed time is asked for by the phone's own key, and a new key asks for its own", async () => {
  const phone = await newPhone();
  const device = await phone.world.store.kept("device");
  const kept = await fetchSignedTime(phone.world);
  if (!device || !kept) throw new Error("no time was kept");
  const payload = JSON.parse(fromUtf8(fromB64url(kept.held.token.split(".")[1] ?? "")));
  const random = fromB64url(payload.nonce).slice(0, 16);
  expect(payload.nonce).toBe(b64url(await boundNonce(random, device.kid)));
  await phone.world.store.enrol({ ...device, kid: b64url(random) });
  expect(await phone.world.store.kept("time")).toBeNull();
});

test("a gate that was away a moment ago is no blip: the tap's second try is not a quick one", async () => {
  const phone = await newPhone();
  phone.net.fetch = noNetwork;
  await fetchSignedTime(phone.world);
  expect((await tap(phone)).entry.failures).toBe(1);
  phone.clock.nowMs += POLICY.away_ms + 1;
  expect((await tap(phone)).entry.failures).toBe(0);
  await flush(phone.world);
  expect((await tap(phone)).entry.failures).toBe(1);
  phone.net.fetch = phone.gate.fetch;
  await fetchSignedTime(phone.world);
  expect((await tap(phone)).entry.failures).toBe(0);
});

test("a tap that an older app kept with its location still goes, with the detail beside it", async () => {
  const phone = await newPhone();
  const [device, chain] = [await phone.store.kept("device"), await phone.store.kept("chain")];
  if (!device || !chain) throw new Error("not enrolled");
  const bytes = Buffer.from('0123456789abcdef{"samples":[]}');
  const digest = createHash("sha256").update(bytes).digest("base64url");
  const { record, hash } = await signPunch(
    {
      id: uuid7(phone.clock.nowMs),
      person: device.person,
      direction: "in",
      reading: { wall_ms: phone.clock.nowMs, mono_ms: 1, origin_ms: 1 },
      signedTime: null,
      seq: 1,
      prev: null,
      app: "1.0.0",
      details: [{ kind: "location", digest }],
    },
    signerOf(device),
  );
  const other = await newPhone();
  other.clock.nowMs = phone.clock.nowMs;
  const kept = await tap(other);
  const details = [{ kind: "location", digest, bytes: bytes.toString("base64url") }] as const;
  await phone.store.addPunch({ ...kept, hash, record, kid: device.kid, seq: 1, details }, chain);
  expect(await flush(phone.world)).toBe(true);
  expect(phone.gate.punches[0].details).toEqual([bytes.toString("base64url")]);
});

test("the gate's flags tell how the key stands, and a repeat's do not", async () => {
  const phone = await newPhone();
  const standing = async () => (await phone.store.kept("standing"))?.standing;
  const next = async (...flags: string[]) => {
    phone.gate.flags = flags;
    phone.clock.nowMs += 1_000;
    await tap(phone);
    await flush(phone.world);
    return standing();
  };
  expect(await next("unconfirmed", "voucher")).toBe("unconfirmed");
  expect(await next()).toBe("confirmed");
  expect(await next("unconfirmed", "revoked_key")).toBe("revoked");
  expect((await phone.store.kept("standing"))?.heardAtMs).toBe(phone.clock.nowMs);
  expect(await next("unconfirmed", "person_mismatch")).toBe("mismatch");
  expect(await next()).toBe("confirmed");
});

test("the office's no to a revoked key is heard, and its answer takes it back", async () => {
  const phone = await newPhone();
  const device = await phone.store.kept("device");
  if (!device) throw new Error("no device");
  const standing = async () => (await phone.store.kept("standing"))?.standing;
  phone.gate.today = { status: 403, body: { refusal: { code: "revoked_key", id: "x", en: "x" } } };
  expect(await fetchToday(phone.world, device)).toBeNull();
  expect(await standing()).toBe("revoked");
  const answer = {
    person: { name: null, unit: null, zone: "Asia/Makassar" },
    date: "2026-11-24",
    duty: null,
    law: null,
    verdict: null,
    punches: [],
  };
  phone.gate.today = { ...answer, confirmed: true };
  expect(await fetchToday(phone.world, device)).not.toBeNull();
  expect(await standing()).toBe("confirmed");
  phone.net.fetch = noNetwork;
  expect(await fetchToday(phone.world, device)).toBeNull();
  expect(await standing()).toBe("confirmed");
});
