import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signPunch, thumbprint, uuid7 } from "../src/core/records.ts";
import { readTyped, voucherExpired } from "../src/core/voucher.ts";
import { Store } from "../src/store.ts";
import { FakeGate, openRecord } from "./gate.mjs";
import { newPhone, tap } from "./world.ts";

test("a stranger's crypto opens the record, and its members stand in the order of the format", async () => {
  const phone = await newPhone({ person: 7 });
  const { record, hash } = await tap(phone);
  const opened = openRecord(record);
  expect(opened.hash).toBe(hash);
  expect(opened.header.kid).toBe(await thumbprint(opened.header.jwk));
  expect(Object.keys(opened.payload)).toEqual(
    "v id person direction wall_ms mono_ms origin_ms signed_time seq prev app details site_code".split(" "),
  );
  const [head = "", body = "", signature = ""] = record.split(".");
  const key = {
    key: createPublicKey({ key: opened.header.jwk, format: "jwk" }),
    dsaEncoding: "ieee-p1363" as const,
  };
  expect(verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(
    true,
  );
});

test("the phone writes the very bytes of vectors/records.json", async () => {
  const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors/records.json"), "utf8"));
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  const punches = vectors.good.filter(({ kind }: { kind: number }) => kind === 1);
  expect(punches.length).toBeGreaterThan(0);
  for (const { record, hash } of punches) {
    const [header, payload] = record
      .split(".")
      .map((part: string) => Buffer.from(part, "base64url").toString());
    const { jwk, voucher, kid } = JSON.parse(header);
    const { signed_time, wall_ms, mono_ms, origin_ms, v: _v, site_code, ...punch } = JSON.parse(payload);
    if (site_code !== null) continue; // a later slice reads site codes
    const reading = { wall_ms, mono_ms, origin_ms };
    const signer = { kid, privateKey: pair.privateKey, introduction: jwk ? { jwk, voucher } : null };
    expect((await signPunch({ ...punch, reading, signedTime: signed_time }, signer)).hash).toBe(hash);
  }
});

test("taps chain without gaps, also when two tabs tap at the same time", async () => {
  const phone = await newPhone();
  await Promise.all(Array.from({ length: 12 }, () => tap(phone)));
  const payloads = (await phone.store.punches())
    .map(({ record, hash }) => ({ ...openRecord(record).payload, hash }))
    .sort((a, b) => a.seq - b.seq);
  expect(payloads.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_each, index) => index + 1));
  expect(payloads.map(({ prev }) => prev)).toEqual([null, ...payloads.slice(0, -1).map(({ hash }) => hash)]);
});

test("without a lock between tabs, compare-and-set alone keeps the chain whole", async () => {
  const phone = await newPhone();
  const chain = await phone.store.kept("chain");
  const punch = await tap(phone);
  if (!chain) throw new Error("no chain");
  await expect(phone.store.addPunch({ ...punch, hash: "forked" }, chain)).rejects.toThrow();
  expect(await phone.store.punches()).toHaveLength(1);
  expect((await phone.store.kept("chain"))?.seq).toBe(1);
});

test("a second tap in the same direction is a record of its own", async () => {
  const phone = await newPhone();
  await tap(phone);
  await tap(phone);
  const directions = (await phone.store.punches()).map(({ record }) => openRecord(record).payload.direction);
  expect(directions).toEqual(["in", "in"]);
});

test("a tap carries no detail: where the phone is has no purpose yet and is not collected", async () => {
  const phone = await newPhone();
  const punch = await tap(phone);
  expect(punch.details).toEqual([]);
  expect(openRecord(punch.record).payload.details).toEqual([]);
});

test("the device key cannot be exported", async () => {
  const phone = await newPhone();
  const device = await phone.store.kept("device");
  if (!device) throw new Error("no device");
  await expect(crypto.subtle.exportKey("jwk", device.privateKey)).rejects.toThrow();
});

test("ids are UUID version 7 of the tap's millisecond", () => {
  const id = uuid7(1_795_000_000_000);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(1_795_000_000_000);
});

test("a slip's typed code says which line is wrong", () => {
  const voucher = new FakeGate().voucher(1042);
  const lines = voucher.match(/.{20}/g) ?? [];
  const typed = lines.map((line) => `${line}${check(line)}`);
  expect(readTyped(typed.join("\n").toLowerCase())).toMatchObject({ voucher: { person: 1042, slip: 47 } });
  expect(readTyped(voucher)).toMatchObject({ voucher: { person: 1042 } });
  expect(readTyped(`https://presensi.example.go.id/#v=${voucher}`)).toMatchObject({
    voucher: { person: 1042 },
  });
  const swap = (line: string) =>
    line.replace(/^(.)(.)/, (_all, a, b) => (a === b ? `${a === "0" ? 1 : 0}${b}` : b + a));
  const wrong = typed.map((line, index) => (index === 1 || index === 4 ? swap(line) : line));
  expect(readTyped(wrong.join("\n"))).toEqual({ error: { kind: "lines", lines: [2, 5] } });
  expect(readTyped(typed.map((line, index) => (index === 3 ? line.slice(0, -1) : line)).join("\n"))).toEqual({
    error: { kind: "lines", lines: [4] },
  });
  expect(readTyped("ABC")).toEqual({ error: { kind: "length", characters: 3 } });
});

test("a slip's last day still counts, the next one is too late", () => {
  const day = 86_400_000;
  expect(voucherExpired({ lastDay: 100 }, 101 * day - 1)).toBe(false);
  expect(voucherExpired({ lastDay: 100 }, 101 * day)).toBe(true);
});

test("the outbox survives closing and opening the store", async () => {
  const phone = await newPhone();
  const { hash } = await tap(phone);
  phone.store.close();
  const again = await Store.open(`phone-${await phoneWith(hash)}`);
  expect((await again.punches()).map((punch) => punch.hash)).toContain(hash);
});

const phoneWith = async (hash: string): Promise<number> => {
  for (let number = 1; ; number++) {
    const store = await Store.open(`phone-${number}`);
    const found = (await store.punches()).some((punch) => punch.hash === hash);
    store.close();
    if (found) return number;
  }
};

const check = (line: string): string => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let sum = 0;
  for (let at = 0; at < line.length; at++) sum += (at + 1) * alphabet.indexOf(line.charAt(at));
  return alphabet.charAt(sum % 31);
};
