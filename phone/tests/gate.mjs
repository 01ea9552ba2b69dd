// @ts-check
/**
 * A throw-away gate and office for the phone's tests: real Ed25519 keys, real Merkle tree, no disk, no mercy for
 * malformed requests. It knows docs/record-format.md and nothing of the phone's code.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

/** @param {...Buffer} parts */
const sha = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
/** @param {Buffer} bytes */
const b64url = (bytes) => bytes.toString("base64url");
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export class Key {
  /** @param {string} name @param {number} seed */
  constructor(name, seed) {
    this.name = name;
    const pkcs8 = Buffer.concat([
      Buffer.from("302e020100300506032b657004220420", "hex"),
      Buffer.alloc(32, seed),
    ]);
    this.secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const spki = createPublicKey(this.secret).export({ format: "der", type: "spki" });
    this.body = Buffer.concat([Buffer.of(1), spki.subarray(-32)]);
    this.hash = sha(Buffer.from(`${name}\n`), this.body).subarray(0, 4);
    this.id = `${name}+${this.hash.toString("hex")}`;
    this.verifier = `${this.id}+${this.body.toString("base64")}`;
  }
  /** @param {Buffer | string} message */
  sign(message) {
    return sign(null, Buffer.from(message), this.secret);
  }
  /** @param {string} text */
  note(text) {
    return `${text}\n— ${this.name} ${Buffer.concat([this.hash, this.sign(text)]).toString("base64")}\n`;
  }
}

/** @param {Buffer} leaf */
const leafHash = (leaf) => sha(Buffer.of(0), leaf);
/** @param {Buffer[]} hashes @returns {Buffer} */
const root = (hashes) => {
  if (hashes.length <= 1) return hashes[0] ?? sha();
  const half = largestPowerBelow(hashes.length);
  return sha(Buffer.of(1), root(hashes.slice(0, half)), root(hashes.slice(half)));
};
/** @param {Buffer[]} hashes @param {number} index @returns {Buffer[]} */
const path = (hashes, index) => {
  if (hashes.length <= 1) return [];
  const half = largestPowerBelow(hashes.length);
  return index < half
    ? [...path(hashes.slice(0, half), index), root(hashes.slice(half))]
    : [...path(hashes.slice(half), index - half), root(hashes.slice(0, half))];
};
/** @param {number} size */
const largestPowerBelow = (size) => 2 ** Math.floor(Math.log2(size - 1));

/** @param {number} value */
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

export class FakeGate {
  /** @param {{ site?: string, now?: () => number, confirmed?: boolean, fill?: number }} options */
  constructor({ site = "presensi.example.go.id", now = Date.now, confirmed = false, fill = 5 } = {}) {
    this.now = now;
    this.confirmed = confirmed;
    this.rootKey = new Key(`${site}/root`, 1);
    this.gateKey = new Key(`${site}/gate1/2026`, 2);
    this.officeKey = new Key(`${site}/office/2026`, 3);
    this.keyList = this.rootKey.note(
      `hadir-keys/v1\nsite ${site}\ngate 2020-01-01T00:00:00Z - ${this.gateKey.verifier}\noffice 2020-01-01T00:00:00Z - ${this.officeKey.verifier}\n`,
    );
    /** @type {{ header: Buffer, body: Buffer, hash: string, at: number }[]} */
    this.leaves = [];
    /** @type {any[]} */
    this.punches = [];
    /** @type {any[]} */
    this.witnesses = [];
    /** @type {string[]} */
    this.requests = [];
    /** @type {{ code: string, id: string, en: string } | null} */
    this.refusal = null;
    /** An answer of the office, or `{status, body}`. @type {any} */
    this.today = null;
    /** What every record is flagged with; null: by `confirmed`. @type {string[] | null} */
    this.flags = null;
    for (let index = 0; index < fill; index++)
      this.append(18, Buffer.from(`{"v":1,"answered":${index},"refused":0}`), "");
  }

  /** @param {number} kind @param {Buffer} body @param {string} hash */
  append(kind, body, hash) {
    const origin = Buffer.from(this.gateKey.name);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    const at = Math.floor(this.now());
    const head = Buffer.concat([
      Buffer.of(1, kind, origin.length),
      origin,
      u64(this.leaves.length),
      u64(at),
      length,
    ]);
    this.leaves.push({ header: head, body, hash, at });
  }

  /** @param {number} index */
  receipt(index) {
    const hashes = this.leaves.map(({ header, body }) => leafHash(Buffer.concat([header, body])));
    const leaf = this.leaves[index];
    if (!leaf) throw new Error("no such leaf");
    const lines = ["c2sp.org/tlog-proof@v1", `extra ${leaf.header.toString("base64")}`, `index ${index}`];
    for (const hash of path(hashes, index)) lines.push(hash.toString("base64"));
    const checkpoint = `${this.gateKey.name}\n${hashes.length}\n${root(hashes).toString("base64")}\n`;
    return `${lines.join("\n")}\n\n${this.gateKey.note(checkpoint)}`;
  }

  /** @param {number} person @param {{ slip?: number, lastDay?: number }} more */
  voucher(person, { slip = 47, lastDay = 30000 } = {}) {
    const signed = Buffer.alloc(11);
    signed.writeUInt8(1, 0);
    signed.writeUInt32BE(person, 1);
    signed.writeUInt32BE(slip, 5);
    signed.writeUInt16BE(lastDay, 9);
    const signature = this.officeKey.sign(Buffer.concat([Buffer.from("hadir-voucher/v1\n"), signed]));
    let value = BigInt(`0x${Buffer.concat([signed, signature]).toString("hex")}`);
    let text = "";
    for (let digit = 0; digit < 120; digit++, value >>= 5n) text = CROCKFORD[Number(value & 31n)] + text;
    return text;
  }

  /** @param {string} method @param {string} url @param {Record<string, string>} headers @param {string} body */
  handle(method, url, headers, body) {
    this.requests.push(`${method} ${url.split("?")[0]}`);
    const { pathname, searchParams } = new URL(url, "http://gate");
    const json = { "Content-Type": "application/json" };
    if (pathname === "/v1/keys")
      return { status: 200, headers: { "Content-Type": "text/plain" }, body: this.keyList };
    if (pathname === "/v1/root")
      return { status: 200, headers: { "Content-Type": "text/plain" }, body: `${this.rootKey.verifier}\n` };
    if (pathname === "/v1/time")
      return {
        status: 200,
        headers: json,
        body: JSON.stringify({ token: this.time(searchParams.get("nonce") ?? "") }),
      };
    if (pathname === "/v1/punches" && method === "POST") return this.answers(JSON.parse(body).punches, 1);
    if (pathname === "/v1/witnesses" && method === "POST") return this.answers(JSON.parse(body).witnesses, 2);
    if (pathname === "/kantor/api/saya/hari-ini" && this.today) {
      openRecord((headers.authorization ?? "").replace(/^Hadir /, ""));
      const { status = 200, body: said = this.today } = this.today;
      return { status, headers: json, body: JSON.stringify(said) };
    }
    return { status: 404, headers: { "Content-Type": "text/html" }, body: "<h1>404</h1>" };
  }

  /** @param {string} nonce */
  time(nonce) {
    const header = b64url(
      Buffer.from(JSON.stringify({ alg: "EdDSA", kid: this.gateKey.id, typ: "hadir-time+jws" })),
    );
    const payload = { v: 1, nonce, at_ms: Math.floor(this.now()), clock: "ok", error_ms: 50 };
    const input = `${header}.${b64url(Buffer.from(JSON.stringify(payload)))}`;
    return `${input}.${b64url(this.gateKey.sign(input))}`;
  }

  /** @param {{ record: string, details?: string[] }[]} items @param {number} kind */
  answers(items, kind) {
    const headers = { "Content-Type": "application/json" };
    const { refusal } = this;
    if (refusal)
      return { status: 403, headers, body: JSON.stringify({ answers: items.map(() => ({ refusal })) }) };
    const placed = items.map(({ record, details = [] }) => this.place(record, details, kind));
    const answers = placed.map(({ index, repeat, hash, confirmed }) => ({
      record_hash: hash,
      index,
      received_at_ms: this.leaves[index]?.at,
      repeat,
      flags: this.flags ?? (confirmed ? [] : ["unconfirmed", "voucher"]),
      receipt: this.receipt(index),
    }));
    return { status: 200, headers, body: JSON.stringify({ answers }) };
  }

  /** @param {string} record @param {string[]} details @param {number} kind */
  place(record, details, kind) {
    const { header, payload, hash } = openRecord(record);
    const there = this.leaves.findIndex((leaf) => leaf.hash === hash);
    const digests = details.map((detail) => b64url(sha(Buffer.from(detail, "base64url"))));
    for (const { digest } of payload.details ?? []) {
      if (digests.length && !digests.includes(digest)) throw new Error("detail does not fit");
    }
    if (there < 0) {
      this.append(kind, Buffer.from(record), hash);
      (kind === 1 ? this.punches : this.witnesses).push({ header, payload, hash, details });
    }
    return {
      index: there < 0 ? this.leaves.length - 1 : there,
      repeat: there >= 0,
      hash,
      confirmed: this.confirmed,
    };
  }

  /** A `fetch` that reaches this gate without a network. @returns {typeof fetch} */
  get fetch() {
    return async (input, init = {}) => {
      const { status, headers, body } = this.handle(
        init.method ?? "GET",
        String(input),
        Object.fromEntries(new Headers(init.headers)),
        String(init.body ?? ""),
      );
      return new Response(body, { status, headers: /** @type {Record<string, string>} */ (headers) });
    };
  }
}

/** Open a phone's record as a stranger would: the signature must hold. @param {string} record */
export const openRecord = (record) => {
  const [head = "", body = "", signature = ""] = record.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString());
  const payload = JSON.parse(Buffer.from(body, "base64url").toString());
  if (header.jwk) KEYS.set(header.kid, header.jwk);
  const key = createPublicKey({ key: KEYS.get(header.kid), format: "jwk" });
  const ok = verify(
    "sha256",
    Buffer.from(`${head}.${body}`),
    { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!ok) throw new Error("record's signature does not hold");
  return { header, payload, hash: b64url(sha(Buffer.from(`${head}.${body}`))) };
};

/** @type {Map<string, any>} */
const KEYS = new Map();
