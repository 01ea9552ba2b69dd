/** C2SP signed notes and verifier keys (docs/record-format.md sections 9 and 10). */

import { type Bytes, b64, concat, equal, fromB64, Malformed, sha256, utf8 } from "./bytes.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verifyEd25519 } from "./ed25519.ts";

const ED25519 = 1;
const HASH_BYTES = 4;

export interface VerifierKey {
  readonly text: string;
  readonly name: string;
  readonly hash: Bytes;
  readonly publicKey: Bytes;
}

/** A note with exactly one signature line: `text` is what was signed, its last newline included. */
export interface Note {
  readonly text: string;
  readonly name: string;
  readonly keyHash: Bytes;
  readonly signature: Bytes;
}

/** `<name>+<8 hex digits>+<b64 of 0x01 || 32 bytes>`; the digits must be the key's hash. */
export const parseVerifierKey = async (text: string): Promise<VerifierKey> => {
  const [, name, digits, body] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  if (!name || !digits || !body) throw new Malformed("not a verifier key");
  const bytes = fromB64(body);
  if (bytes.length !== PUBLIC_KEY_BYTES + 1 || bytes[0] !== ED25519)
    throw new Malformed("not an Ed25519 verifier key");
  const hash = (await sha256(concat(utf8(`${name}\n`), bytes))).slice(0, HASH_BYTES);
  if (hex(hash) !== digits) throw new Malformed("verifier key with another key's hash");
  return { text, name, hash, publicKey: bytes.slice(1) };
};

/** Parse without believing; `verifyNote` decides. */
export const parseNote = (source: string): Note => {
  const split = source.lastIndexOf("\n\n");
  const [, name, body] = /^— ([^+\s]+) ([A-Za-z0-9+/=]+)\n$/.exec(source.slice(split + 2)) ?? [];
  if (split < 1 || !name || !body) throw new Malformed("not a note with one signature");
  const bytes = fromB64(body);
  if (bytes.length !== HASH_BYTES + SIGNATURE_BYTES) throw new Malformed("not an Ed25519 signature line");
  return {
    text: source.slice(0, split + 1),
    name,
    keyHash: bytes.slice(0, HASH_BYTES),
    signature: bytes.slice(HASH_BYTES),
  };
};

export const writeNote = (note: Note): string =>
  `${note.text}\n— ${note.name} ${b64(concat(note.keyHash, note.signature))}\n`;

export const verifyNote = async (note: Note, key: VerifierKey): Promise<boolean> =>
  note.name === key.name &&
  equal(note.keyHash, key.hash) &&
  (await verifyEd25519(key.publicKey, note.signature, utf8(note.text)));

export const hex = (bytes: Bytes): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
