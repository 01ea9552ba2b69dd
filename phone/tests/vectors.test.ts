/** What Python and TypeScript must both pass (vectors/). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkCharacter } from "../src/core/base32.ts";
import { type Bytes, b64url, fromB64url, utf8 } from "../src/core/bytes.ts";
import { readKeyList } from "../src/core/keys.ts";
import { leafHash, nodeHash, rootFromProof } from "../src/core/merkle.ts";
import { hex, parseNote, parseVerifierKey, verifyNote } from "../src/core/note.ts";
import { parseLeafHeader, verifyReceipt } from "../src/core/receipt.ts";
import { recordHash, thumbprint } from "../src/core/records.ts";
import { boundNonce, verifySignedTime } from "../src/core/time.ts";
import { decodeVoucher, readTyped, verifyVoucher } from "../src/core/voucher.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors", name), "utf8"));
const bytes = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "hex"));

describe("merkle.json", () => {
  const vectors = read("merkle.json");

  test("each inclusion proof leads to the root", async () => {
    for (const { index, size, path } of vectors.inclusion) {
      const leaf = await leafHash(bytes(vectors.leaves[index]));
      const root = await rootFromProof(leaf, { index, size, proof: path.map(bytes) });
      expect(hex(root)).toBe(vectors.roots[size]);
    }
  });

  test("a proof for another place, or too short or long, does not", async () => {
    for (const { index, size, path } of vectors.inclusion.filter(({ size }: { size: number }) => size > 1)) {
      const leaf = await leafHash(bytes(vectors.leaves[index]));
      const proof: Bytes[] = path.map(bytes);
      await expect(rootFromProof(leaf, { index, size, proof: proof.slice(1) })).rejects.toThrow("too short");
      await expect(rootFromProof(leaf, { index, size, proof: [...proof, leaf] })).rejects.toThrow("too long");
      const moved = await rootFromProof(leaf, { index: size - 1 - index, size, proof }).catch(() => leaf);
      if (index !== size - 1 - index) expect(hex(moved)).not.toBe(vectors.roots[size]);
    }
    expect(hex(await nodeHash(bytes("00"), bytes("01")))).toHaveLength(64);
  });
});

describe("receipts.json", () => {
  const vectors = read("receipts.json");
  const keys = async () => readKeyList(vectors.key_list, await parseVerifierKey(vectors.root));
  const verifyFile = async (file: string) => {
    const [, record = "", receipt = ""] = /^hadir-receipt\/v1\n([^\n]*)\n\n(.*)$/s.exec(file) ?? [];
    return verifyReceipt(receipt, { record, keys: await keys(), uses: ["gate", "office"] });
  };

  test("each good receipt verifies", async () => {
    for (const file of vectors.good) expect((await verifyFile(file)).treeSize).toBeGreaterThan(0);
  });

  test("each bad one is refused", async () => {
    for (const bad of vectors.bad) {
      const file = typeof bad === "string" ? bad : bad.file;
      await expect(verifyFile(file), JSON.stringify(bad)).rejects.toThrow();
    }
  });

  test("no single changed character of a good one verifies", async () => {
    const [file = ""] = vectors.good;
    for (let at = 17; at < file.length; at += 5) {
      const changed = `${file.slice(0, at)}${file[at] === "A" ? "B" : "A"}${file.slice(at + 1)}`;
      // the record's own signature is the gate's affair, but even there the leaf's hash no longer fits
      await expect(verifyFile(changed), `at ${at}`).rejects.toThrow();
    }
  }, 30_000);
});

describe("vouchers.json", () => {
  const vectors = read("vouchers.json");
  const keys = async () => ({
    site: "rehearsal/vectors",
    entries: [
      { use: "office" as const, fromMs: 0, untilMs: null, key: await parseVerifierKey(vectors.office) },
    ],
  });

  test("good vouchers decode and verify, typed or whole", async () => {
    for (const good of vectors.good) {
      const voucher = decodeVoucher(good.text);
      expect([voucher.person, voucher.slip, voucher.lastDay]).toEqual([
        good.person,
        good.slip,
        good.last_day,
      ]);
      expect(await verifyVoucher(voucher, await keys())).toBe(true);
      expect(readTyped(good.typed.join("\n"))).toEqual({ voucher });
      for (const line of good.typed.map((line: string) => line.replaceAll(" ", ""))) {
        expect(checkCharacter(line.slice(0, 20))).toBe(line.slice(20));
      }
    }
  });

  test("bad vouchers do not decode, or nobody signed them", async () => {
    const list = await keys();
    for (const bad of vectors.bad) {
      const verified = async () => verifyVoucher(decodeVoucher(bad), list);
      expect(await verified().catch(() => false), bad).toBe(false);
    }
  });
});

describe("records.json", () => {
  const vectors = read("records.json");

  test("thumbprint and record hashes agree", async () => {
    expect(await thumbprint(vectors.key.jwk)).toBe(vectors.key.kid);
    for (const { record, hash } of vectors.good) expect(await recordHash(record)).toBe(hash);
  });
});

describe("notes.json", () => {
  const vectors = read("notes.json");

  test("the key list is believed, the altered ones are not", async () => {
    const root = await parseVerifierKey(vectors.root);
    expect((await readKeyList(vectors.key_list, root)).site).toBe("rehearsal/vectors");
    for (const bad of vectors.key_list_bad) await expect(readKeyList(bad, root)).rejects.toThrow();
    expect(await verifyNote(parseNote(vectors.key_list), root)).toBe(true);
  });

  test("a phone's nonce is bound to its key", async () => {
    for (const { random, kid, nonce } of vectors.bound_nonces) {
      expect(b64url(await boundNonce(fromB64url(random), kid))).toBe(nonce);
    }
  });

  test("a signed time is believed with its nonce only", async () => {
    const keys = await readKeyList(vectors.key_list, await parseVerifierKey(vectors.root));
    const token: string = vectors.signed_time.token ?? vectors.signed_time;
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const time = await verifySignedTime(token, { nonce: payload.nonce, keys });
    expect(time.atMs).toBe(payload.at_ms);
    await expect(verifySignedTime(token, { nonce: "another", keys })).rejects.toThrow("another question");
    await expect(
      verifySignedTime(`${token.slice(0, -8)}AAAAAAAA`, { nonce: payload.nonce, keys }),
    ).rejects.toThrow();
    expect(utf8("x")).toHaveLength(1);
  });
});

describe("leaves.json", () => {
  const vectors = read("leaves.json");

  test("a server's record of every kind has its leaf hash, and is none of a phone's records", async () => {
    for (const one of vectors.leaves) {
      const leaf = bytes(one.leaf);
      expect(hex(await leafHash(leaf))).toBe(one.hash);
      expect(() => parseLeafHeader(leaf.slice(0, leaf.length - utf8(one.body).length))).toThrow(
        "not a leaf header",
      );
    }
  });
});
