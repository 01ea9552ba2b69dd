/** RFC 6962 hashing and inclusion proofs. */

import { type Bytes, concat, Malformed, sha256 } from "./bytes.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (leaf: Bytes): Promise<Bytes> => sha256(concat(LEAF, leaf));

export const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(concat(NODE, left, right));

/**
 * The root that a leaf at `index` in a tree of `size` leaves has by this proof (RFC 9162 section 2.1.3.2).
 * Raises Malformed when the proof has the wrong number of hashes for that place.
 */
export const rootFromProof = async (
  leaf: Bytes,
  { index, size, proof }: { index: number; size: number; proof: readonly Bytes[] },
): Promise<Bytes> => {
  if (index >= size) throw new Malformed("index outside the tree");
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) throw new Malformed("proof too long");
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Malformed("proof too short");
  return hash;
};
