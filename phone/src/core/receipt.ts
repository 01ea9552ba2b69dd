/** The receipt: the gate's signed promise, checked here before anybody believes it (section 9). */

import {
  type Bytes,
  b64,
  concat,
  equal,
  fromB64,
  fromUtf8,
  Malformed,
  readDecimal,
  readUint,
  utf8,
} from "./bytes.ts";
import { findKey, type KeyList, type KeyUse } from "./keys.ts";
import { leafHash, rootFromProof } from "./merkle.ts";
import { type Note, parseNote, verifyNote, writeNote } from "./note.ts";

const MAGIC = "c2sp.org/tlog-proof@v1";
const RECEIPT_CHARACTERS_MAX = 4096;
const PROOF_HASHES_MAX = 63;
const HASH_BYTES = 32;
const FIXED_HEADER_BYTES = 3 + 8 + 8 + 4;
const RECORD_KINDS_MAX = 5;

export interface LeafHeader {
  readonly kind: number;
  readonly origin: string;
  readonly index: number;
  readonly receivedAtMs: number;
  readonly bodyLength: number;
}

export interface Receipt {
  readonly kind: number;
  readonly origin: string;
  readonly index: number;
  readonly treeSize: number;
  readonly receivedAtMs: number;
}

interface Proof {
  readonly extra: Bytes;
  readonly index: number;
  readonly hashes: readonly Bytes[];
  readonly note: Note;
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: Bytes };
}

/**
 * Verify a tlog-proof for `record` (a compact JWS). Raises Malformed, with the reason, on anything that does not
 * hold; what it returns is true by the key list, and by nothing else that the network said.
 */
export const verifyReceipt = async (
  source: string,
  { record, keys, uses = ["gate"] }: { record: string; keys: KeyList; uses?: readonly KeyUse[] },
): Promise<Receipt> => {
  const proof = parseProof(source);
  if (writeProof(proof) !== source) throw new Malformed("receipt in another spelling");
  const header = parseLeafHeader(proof.extra);
  const body = utf8(record);
  const { origin, size, root } = proof.checkpoint;
  if (header.origin !== origin || header.index !== proof.index)
    throw new Malformed("leaf and checkpoint disagree");
  if (header.bodyLength !== body.length) throw new Malformed("receipt for another record");
  const leaf = await leafHash(concat(proof.extra, body));
  const computed = await rootFromProof(leaf, { index: proof.index, size, proof: proof.hashes });
  if (!equal(computed, root)) throw new Malformed("the proof does not lead to the root");
  const key = findKey(keys, { name: origin, hash: proof.note.keyHash, atMs: header.receivedAtMs, uses });
  if (!key) throw new Malformed("no such key in the key list");
  if (!(await verifyNote(proof.note, key))) throw new Malformed("wrong signature");
  return {
    kind: header.kind,
    origin,
    index: header.index,
    treeSize: size,
    receivedAtMs: header.receivedAtMs,
  };
};

/** The file that a person keeps: record and proof, verifiable without us. */
export const receiptFile = (record: string, receipt: string): string =>
  `hadir-receipt/v1\n${record}\n\n${receipt}`;

export const parseLeafHeader = (bytes: Bytes): LeafHeader => {
  const originLength = readUint(bytes, 2, 1);
  const kind = readUint(bytes, 1, 1);
  const isRecord = kind >= 1 && kind <= RECORD_KINDS_MAX;
  if (bytes[0] !== 1 || !isRecord || originLength < 1 || bytes.length !== FIXED_HEADER_BYTES + originLength) {
    throw new Malformed("not a leaf header");
  }
  const origin = fromUtf8(bytes.slice(3, 3 + originLength));
  if (!/^[\x21-\x7e]+$/.test(origin)) throw new Malformed("origin not ASCII");
  return {
    kind,
    origin,
    index: readUint(bytes, 3 + originLength, 8),
    receivedAtMs: readUint(bytes, 11 + originLength, 8),
    bodyLength: readUint(bytes, 19 + originLength, 4),
  };
};

const parseProof = (source: string): Proof => {
  if (source.length > RECEIPT_CHARACTERS_MAX) throw new Malformed("receipt too long");
  const split = source.indexOf("\n\n");
  const [magic, extraLine, indexLine, ...hashLines] = source.slice(0, Math.max(split, 0)).split("\n");
  const extra = /^extra (\S+)$/.exec(extraLine ?? "")?.[1];
  const index = /^index (\S+)$/.exec(indexLine ?? "")?.[1];
  if (magic !== MAGIC || !extra || !index) throw new Malformed("not a receipt");
  if (hashLines.length > PROOF_HASHES_MAX) throw new Malformed("proof too long");
  const note = parseNote(source.slice(split + 2));
  return {
    extra: fromB64(extra),
    index: readDecimal(index),
    hashes: hashLines.map(readHash),
    note,
    checkpoint: parseCheckpoint(note.text),
  };
};

const parseCheckpoint = (text: string): Proof["checkpoint"] => {
  const [origin, size, root, end, ...rest] = text.split("\n");
  if (!origin || !size || !root || end !== "" || rest.length) throw new Malformed("not a checkpoint");
  return { origin, size: readDecimal(size), root: readHash(root) };
};

const writeProof = ({ extra, index, hashes, note }: Proof): string =>
  [MAGIC, `extra ${b64(extra)}`, `index ${index}`, ...hashes.map(b64), "", writeNote(note)].join("\n");

const readHash = (line: string): Bytes => {
  const hash = fromB64(line);
  if (hash.length !== HASH_BYTES) throw new Malformed("not a SHA-256 hash");
  return hash;
};
