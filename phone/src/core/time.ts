/** Signed times (section 7), and the work place's calendar. The phone's own zone is never asked. */

import { type Bytes, concat, fromB64url, fromUtf8, Malformed, sha256, utf8 } from "./bytes.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { findKey, type KeyList } from "./keys.ts";
import { hex } from "./note.ts";
import { literal, nullable, object, parseJson, text, whole } from "./shape.ts";

export interface SignedTime {
  readonly atMs: number;
  readonly errorMs: number;
  readonly clock: ClockState;
}

const CLOCK_STATES = ["ok", "unsynchronised", "stepped", "wrong", "simulated"] as const;
export type ClockState = (typeof CLOCK_STATES)[number];

const readHeader = object({ alg: literal("EdDSA"), kid: text, typ: literal("hadir-time+jws") });
const readPayload = object({
  v: literal(1),
  nonce: text,
  at_ms: whole,
  clock: literal(...CLOCK_STATES),
  error_ms: whole,
});

export const NONCE_RANDOM_BYTES = 16;

/** The nonce with which this device asks for a time of its own: nobody else's signed time lifts its taps (section 7). */
export const boundNonce = async (random: Bytes, kid: string): Promise<Bytes> =>
  concat(random, (await sha256(concat(random, fromB64url(kid)))).slice(0, NONCE_RANDOM_BYTES));

/** Believe a time only with our nonce and a gate's signature. Raises Malformed. */
export const verifySignedTime = async (
  token: string,
  { nonce, keys }: { nonce: string; keys: KeyList },
): Promise<SignedTime> => {
  const [head, body, signature, ...rest] = token.split(".");
  if (!head || !body || !signature || rest.length) throw new Malformed("not a compact JWS");
  const header = readHeader(parseJson(fromUtf8(fromB64url(head))));
  const payload = readPayload(parseJson(fromUtf8(fromB64url(body))));
  if (payload.nonce !== nonce) throw new Malformed("a time for another question");
  const key = keyOf(header.kid, payload.at_ms, keys);
  if (!key || !(await verifyEd25519(key.publicKey, fromB64url(signature), utf8(`${head}.${body}`)))) {
    throw new Malformed("a time nobody signed");
  }
  return { atMs: payload.at_ms, errorMs: payload.error_ms, clock: payload.clock };
};

/** The signed time inside one of this phone's own records, verified when it was kept; null when it has none. */
export const officialTimeOf = (record: string): number | null => {
  const part = (jws: string) => parseJson(fromUtf8(fromB64url(jws.split(".")[1] ?? "")));
  const { signed_time } = object({ signed_time: nullable(object({ token: text })) })(part(record));
  return signed_time && readPayload(part(signed_time.token)).at_ms;
};

const keyOf = (kid: string, atMs: number, keys: KeyList) => {
  const [, name, digits] = /^([^+]+)\+([0-9a-f]{8})$/.exec(kid) ?? [];
  const entry = keys.entries.find(
    ({ use, key }) => use === "gate" && key.name === name && hex(key.hash) === digits,
  );
  return entry ? findKey(keys, { name: entry.key.name, hash: entry.key.hash, atMs, uses: ["gate"] }) : null;
};

export const DEFAULT_ZONE = "Asia/Makassar";

/** The zones of Indonesia, as people call them; another zone shows its own short name. */
const ZONE_NAMES: Readonly<Record<string, string>> = {
  "Asia/Jakarta": "WIB",
  "Asia/Pontianak": "WIB",
  "Asia/Makassar": "WITA",
  "Asia/Jayapura": "WIT",
};

export const zoneName = (zone: string): string => ZONE_NAMES[zone] ?? zone;

export interface LocalTime {
  /** `2026-11-24` */
  readonly date: string;
  /** `07:28` */
  readonly minute: string;
  /** `07:28:13` */
  readonly second: string;
  readonly minuteOfDay: number;
}

export const localTime = (atMs: number, zone: string): LocalTime => {
  const parts = Object.fromEntries(
    clockFormat(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const minute = `${parts.hour}:${parts.minute}`;
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    minute,
    second: `${minute}:${parts.second}`,
    minuteOfDay: Number(parts.hour) * 60 + Number(parts.minute),
  };
};

/** As people write it: dots in Indonesian (07.28), colons in English. */
export const spokenClock = (clock: string, language: string): string =>
  language === "id" ? clock.replace(/:/g, ".") : clock;

export const localDay = (atMs: number, zone: string, language: string): string =>
  dayFormat(zone, language).format(atMs);

/** `25 November 2026` */
export const localDate = (atMs: number, zone: string, language: string): string =>
  dateFormat(zone, language).format(atMs);

/** True for a zone this phone can calculate with. */
export const isZone = (zone: string): boolean => {
  try {
    clockFormat(zone);
    return true;
  } catch {
    return false;
  }
};

const remember = <T>(make: (...key: string[]) => T): ((...key: string[]) => T) => {
  const held = new Map<string, T>();
  return (...key) => {
    const name = key.join(" ");
    const value = held.get(name) ?? make(...key);
    held.set(name, value);
    return value;
  };
};

const clockFormat = remember(
  (zone = DEFAULT_ZONE) =>
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }),
);

const dayFormat = remember(
  (zone = DEFAULT_ZONE, language = "id") =>
    new Intl.DateTimeFormat(language === "id" ? "id-ID" : "en-GB", {
      timeZone: zone,
      weekday: "long",
      day: "numeric",
      month: "long",
    }),
);

const dateFormat = remember(
  (zone = DEFAULT_ZONE, language = "id") =>
    new Intl.DateTimeFormat(language === "id" ? "id-ID" : "en-GB", { timeZone: zone, dateStyle: "long" }),
);
