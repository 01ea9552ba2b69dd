/** The records a phone makes (docs/record-format.md section 1): compact JWS, ES256, members in the page's order. */

import { type Bytes, b64url, randomBytes, sha256, utf8 } from "./bytes.ts";

export type Direction = "in" | "out";

/** The phone's two clocks and this page's life, read in one instant. */
export interface Reading {
  readonly wall_ms: number;
  readonly mono_ms: number;
  readonly origin_ms: number;
}

/** A gate-signed time and the phone's readings when it arrived. */
export interface HeldTime extends Reading {
  readonly token: string;
}

export interface PublicJwk {
  readonly crv: "P-256";
  readonly kty: "EC";
  readonly x: string;
  readonly y: string;
}

/** Who signs. `introduction` goes with every record until the office knows the key. */
export interface Signer {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly introduction: { readonly jwk: PublicJwk; readonly voucher: string } | null;
}

export interface Detail {
  readonly kind: "location" | "photo";
  readonly digest: string;
}

export interface Punch {
  readonly id: string;
  readonly person: number;
  readonly direction: Direction;
  readonly reading: Reading;
  readonly signedTime: HeldTime | null;
  readonly seq: number;
  readonly prev: string | null;
  readonly app: string;
  readonly details: readonly Detail[];
}

export interface Delivery {
  readonly id: string;
  readonly person: number;
  readonly punch: string;
  readonly reading: Reading;
  readonly signedTime: HeldTime;
  readonly firstTryMs: number | null;
  readonly tries: number;
}

export interface OfficeRequest {
  readonly person: number;
  readonly method: "GET";
  readonly path: string;
  readonly signedTime: HeldTime;
  readonly reading: Reading;
}

export interface Signed {
  readonly record: string;
  /** b64url of SHA-256 of the signing input: the record's identity. */
  readonly hash: string;
}

export const signPunch = (punch: Punch, signer: Signer): Promise<Signed> =>
  sign("hadir-punch+jws", signer, {
    v: 1,
    id: punch.id,
    person: punch.person,
    direction: punch.direction,
    ...clocks(punch.reading),
    signed_time: heldTime(punch.signedTime),
    seq: punch.seq,
    prev: punch.prev,
    app: punch.app,
    details: punch.details.map(({ kind, digest }) => ({ kind, digest })),
    site_code: null,
  });

export const signDelivery = (delivery: Delivery, signer: Signer): Promise<Signed> =>
  sign("hadir-delivery+jws", signer, {
    v: 1,
    id: delivery.id,
    person: delivery.person,
    punch: delivery.punch,
    ...clocks(delivery.reading),
    signed_time: heldTime(delivery.signedTime),
    first_try_ms: delivery.firstTryMs,
    tries: delivery.tries,
  });

export const signRequest = (request: OfficeRequest, signer: Signer): Promise<Signed> =>
  sign("hadir-request+jws", signer, {
    v: 1,
    person: request.person,
    method: request.method,
    path: request.path,
    signed_time: heldTime(request.signedTime),
    mono_ms: request.reading.mono_ms,
    origin_ms: request.reading.origin_ms,
  });

/** RFC 7638: SHA-256 over the required members in lexical order. */
export const thumbprint = async ({ crv, kty, x, y }: PublicJwk): Promise<string> =>
  b64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));

export const recordHash = async (record: string): Promise<string> =>
  b64url(await sha256(utf8(record.slice(0, record.lastIndexOf(".")))));

/** RFC 9562 version 7: 48 bits of Unix milliseconds, the rest random. */
export const uuid7 = (nowMs: number, random: Bytes = randomBytes(10)): string => {
  const head = Math.floor(nowMs).toString(16).padStart(12, "0");
  const tail = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((Number.parseInt(tail.charAt(4), 16) & 3) | 8).toString(16);
  return `${head.slice(0, 8)}-${head.slice(8)}-7${tail.slice(0, 3)}-${variant}${tail.slice(5, 8)}-${tail.slice(8, 20)}`;
};

const clocks = ({ wall_ms, mono_ms, origin_ms }: Reading): Reading => ({ wall_ms, mono_ms, origin_ms });

const heldTime = (held: HeldTime | null): HeldTime | null => held && { token: held.token, ...clocks(held) };

const sign = async (typ: string, signer: Signer, payload: unknown): Promise<Signed> => {
  const { kid, privateKey, introduction } = signer;
  const jwk = introduction && {
    crv: introduction.jwk.crv,
    kty: introduction.jwk.kty,
    x: introduction.jwk.x,
    y: introduction.jwk.y,
  };
  const header = { alg: "ES256", kid, typ, ...(introduction && { jwk, voucher: introduction.voucher }) };
  const input = `${part(header)}.${part(payload)}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(input));
  return { record: `${input}.${b64url(new Uint8Array(signature))}`, hash: b64url(await sha256(utf8(input))) };
};

const part = (value: unknown): string => b64url(utf8(JSON.stringify(value)));
