/** Bytes and their spellings. Every decoder is strict: one value has one spelling. */

export type Bytes = Uint8Array<ArrayBuffer>;

export class Malformed extends Error {}

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export const fromUtf8 = (bytes: Bytes): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
};

export const concat = (...parts: readonly Bytes[]): Bytes => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

export const equal = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

/** Base64 with padding (RFC 4648 section 4). */
export const b64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));

/** Base64url without padding (RFC 4648 section 5). */
export const b64url = (bytes: Bytes): string =>
  b64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export const fromB64 = (text: string): Bytes => {
  const bytes = decodeBase64(text);
  if (b64(bytes) !== text) throw new Malformed("not strict base64");
  return bytes;
};

export const fromB64url = (text: string): Bytes => {
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (b64url(bytes) !== text) throw new Malformed("not strict base64url");
  return bytes;
};

const decodeBase64 = (text: string): Bytes => {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new Malformed("not base64");
  }
};

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** A big-endian unsigned integer below 2^53; more than that is refused. */
export const readUint = (bytes: Bytes, from: number, length: number): number => {
  let value = 0;
  for (const byte of bytes.subarray(from, from + length)) value = value * 256 + byte;
  if (from + length > bytes.length || !Number.isSafeInteger(value))
    throw new Malformed("integer out of range");
  return value;
};

/** A decimal integer as our text formats write it: no sign, no leading zero, below 2^53. */
export const readDecimal = (text: string): number => {
  const value = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value))
    throw new Malformed("not a decimal integer");
  return value;
};
