/** The office's promise on a slip: "whoever signs with this counts as person n" (section 6). */

import { checkCharacter, decode, tidy } from "./base32.ts";
import { type Bytes, concat, Malformed, readUint, utf8 } from "./bytes.ts";
import { verifyEd25519 } from "./ed25519.ts";
import type { KeyList } from "./keys.ts";

const CHARACTERS = 120;
const LINES = 6;
const LINE_CHARACTERS = 20;
const SIGNED_BYTES = 11;
const BYTES = 75;
const DAY_MS = 86_400_000;

export interface Voucher {
  readonly text: string;
  readonly person: number;
  readonly slip: number;
  readonly lastDay: number;
  readonly signed: Bytes;
  readonly signature: Bytes;
}

/** What is wrong with a typed code, so that the screen can point at the place. Lines count from 1. */
export type TypedError =
  | { readonly kind: "lines"; readonly lines: readonly number[] }
  | { readonly kind: "length"; readonly characters: number }
  | { readonly kind: "content" };

export type Typed = { readonly voucher: Voucher } | { readonly error: TypedError };

/** Decode the 120 characters. Raises Malformed; says nothing about the signature. */
export const decodeVoucher = (text: string): Voucher => {
  if (text.length !== CHARACTERS) throw new Malformed("a voucher has 120 characters");
  const bytes = decode(text);
  const person = readUint(bytes, 1, 4);
  if (bytes.length !== BYTES || bytes[0] !== 1 || person === 0)
    throw new Malformed("not a version 1 voucher");
  return {
    text,
    person,
    slip: readUint(bytes, 5, 4),
    lastDay: readUint(bytes, 9, 2),
    signed: bytes.slice(0, SIGNED_BYTES),
    signature: bytes.slice(SIGNED_BYTES),
  };
};

/** Read what a person typed or pasted: six lines with check characters, a whole link, or the bare 120. */
export const readTyped = (typed: string): Typed => {
  const code = tidy(typed.replace(/^.*#v=/s, ""));
  if (code.length === CHARACTERS) return fromText(code);
  if (code.length === CHARACTERS + LINES) return fromLines(chunks(code, LINE_CHARACTERS + 1));
  const lines = typed.split("\n").map(tidy).filter(Boolean);
  if (lines.length === LINES) return { error: { kind: "lines", lines: wrongLines(lines) } };
  return { error: { kind: "length", characters: code.length } };
};

export const voucherExpired = (voucher: Pick<Voucher, "lastDay">, nowMs: number): boolean =>
  Math.floor(nowMs / DAY_MS) > voucher.lastDay;

/** True when one of the key list's office keys signed this voucher. */
export const verifyVoucher = async (voucher: Voucher, keys: KeyList): Promise<boolean> => {
  const message = concat(utf8("hadir-voucher/v1\n"), voucher.signed);
  for (const entry of keys.entries) {
    if (entry.use === "office" && (await verifyEd25519(entry.key.publicKey, voucher.signature, message)))
      return true;
  }
  return false;
};

const fromLines = (lines: readonly string[]): Typed => {
  const wrong = wrongLines(lines);
  if (wrong.length) return { error: { kind: "lines", lines: wrong } };
  return fromText(lines.map((line) => line.slice(0, LINE_CHARACTERS)).join(""));
};

const fromText = (text: string): Typed => {
  try {
    return { voucher: decodeVoucher(text) };
  } catch (error) {
    if (error instanceof Malformed) return { error: { kind: "content" } };
    throw error;
  }
};

const wrongLines = (lines: readonly string[]): number[] =>
  lines.flatMap((line, index) => (lineIsRight(line) ? [] : [index + 1]));

const lineIsRight = (line: string): boolean => {
  try {
    return (
      line.length === LINE_CHARACTERS + 1 &&
      checkCharacter(line.slice(0, LINE_CHARACTERS)) === line.slice(LINE_CHARACTERS)
    );
  } catch {
    return false;
  }
};

const chunks = (text: string, size: number): string[] => text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];
