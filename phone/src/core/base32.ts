/** Crockford base32, as on a slip (docs/record-format.md section 6). */

import { type Bytes, Malformed } from "./bytes.ts";

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** What a person typed, in the one spelling: `I`, `L` -> `1`, `O` -> `0`, upper case, no spaces or hyphens. */
export const tidy = (typed: string): string =>
  typed.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replaceAll("O", "0");

export const encode = (bytes: Bytes): string => {
  let out = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits ? out + ALPHABET[(held << (5 - bits)) & 31] : out;
};

/** Strict: upper case, only the alphabet, whole bytes, no loose bits. */
export const decode = (text: string): Bytes => {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const char of text) {
    held = (held << 5) | digitOf(char);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 255);
    }
    held &= (1 << bits) - 1;
  }
  if (held !== 0 || bits >= 5) throw new Malformed("loose bits in base32");
  return Uint8Array.from(out);
};

/** The check character of one line: sum of (position from 1) x value, modulo 31. */
export const checkCharacter = (line: string): string => {
  const sum = [...line].reduce((total, char, index) => total + (index + 1) * digitOf(char), 0);
  return ALPHABET.charAt(sum % 31);
};

const digitOf = (char: string): number => {
  const value = ALPHABET.indexOf(char);
  if (value < 0) throw new Malformed("not a base32 character");
  return value;
};
