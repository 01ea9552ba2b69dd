/** What the phone keeps, in IndexedDB. Migrations only add; no version may drop the outbox. */

import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import type { RefusalText, Today } from "./core/answers.ts";
import type { Entry } from "./core/outbox.ts";
import type { Direction, HeldTime, PublicJwk, Reading } from "./core/records.ts";
import type { SignedTime } from "./core/time.ts";

/** Who this phone is. The private key cannot be exported. */
export interface Device {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly privateKey: CryptoKey;
  readonly person: number;
  readonly slip: number;
  readonly lastDay: number;
  readonly voucher: string;
  readonly enrolledAtMs: number;
  /** null: not checked yet, no key list was at hand. */
  readonly voucherVerified: boolean | null;
  /** True once the office knows the key: records no longer introduce it. */
  readonly confirmed: boolean;
}

/** Where this device's chain of punches stands; changes only together with a new punch. */
export interface Chain {
  readonly kid: string;
  readonly seq: number;
  readonly prev: string | null;
}

export interface StoredReceipt {
  readonly text: string;
  readonly index: number;
  readonly origin: string;
  readonly treeSize: number;
  readonly receivedAtMs: number;
  readonly flags: readonly string[];
}

/** Why the last try brought no receipt, for the person's eyes. */
export type Trouble = "no_answer" | "not_the_gate" | "overloaded" | "unproven" | "unverified";

export interface StoredPunch {
  readonly hash: string;
  readonly record: string;
  readonly kid: string;
  readonly person: number;
  readonly direction: Direction;
  readonly reading: Reading;
  readonly seq: number;
  /** Empty in new taps; those of an older app, that read the location, still go with theirs. */
  readonly details: readonly { readonly kind: "location"; readonly digest: string; readonly bytes: string }[];
  readonly entry: Entry;
  readonly firstTryMs: number | null;
  readonly tries: number;
  readonly trouble: Trouble | null;
  readonly refusal: RefusalText | null;
  /** The first receipt: nothing that comes later takes its earlier hour away. */
  readonly receipt: StoredReceipt | null;
  /** Receipts of later journals, to which the tap was sent again; absent until then. */
  readonly later?: readonly StoredReceipt[];
  /** The delivery statement, always the same bytes once made. */
  readonly statement: { readonly record: string; readonly sent: boolean } | null;
}

/** The journal that holds the punch as far as this phone knows. */
export const newestReceipt = ({ receipt, later }: StoredPunch): StoredReceipt | null =>
  later?.at(-1) ?? receipt;

export interface KeptTime {
  readonly held: HeldTime;
  readonly time: SignedTime;
}

export interface KeptToday {
  readonly kid: string;
  readonly today: Today;
  readonly fetchedAtMs: number;
}

export interface Settings {
  readonly language: "id" | "en";
}

export interface Kept {
  device: Device;
  chain: Chain;
  root: string;
  keys: string;
  time: KeptTime;
  today: KeptToday;
  settings: Settings;
  /** When the gate was last asked and not heard; null when it was heard since. */
  unheardMs: number | null;
}

interface Schema extends DBSchema {
  kept: { key: string; value: Kept[keyof Kept] };
  punches: { key: string; value: StoredPunch };
}

type Database = IDBPDatabase<Schema>;

const PUNCHES_MAX = 5000;

export class ChainMoved extends Error {}

/** One database is one person's: nobody enrols over another's taps. */
export class AnotherPerson extends Error {}

export class Store {
  readonly name: string;
  private readonly database: Database;

  private constructor(name: string, database: Database) {
    this.name = name;
    this.database = database;
  }

  static async open(name = "hadir"): Promise<Store> {
    const database = await openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore("kept");
        db.createObjectStore("punches", { keyPath: "hash" });
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
      },
    });
    return new Store(name, database);
  }

  /** Everything of one person, the key too. */
  static async erase(name: string): Promise<void> {
    await deleteDB(name);
  }

  close(): void {
    this.database.close();
  }

  async kept<K extends keyof Kept>(name: K): Promise<Kept[K] | null> {
    return ((await this.database.get("kept", name)) as Kept[K] | undefined) ?? null;
  }

  async keep<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
    const tx = this.database.transaction("kept", "readwrite", { durability: "strict" });
    await Promise.all([tx.store.put(value, name), tx.done]);
  }

  /** What belongs to the phone and not to a person: the pinned root with its key list, and the newest signed time. */
  async inherit(from: Store): Promise<void> {
    const [root, keys, time] = [await from.kept("root"), await from.kept("keys"), await from.kept("time")];
    const mine = await this.kept("time");
    if (root && keys && !(await this.kept("root"))) {
      await this.keep("root", root);
      await this.keep("keys", keys);
    }
    if (time && time.time.atMs > (mine?.time.atMs ?? 0)) await this.keep("time", time);
  }

  async punches(): Promise<StoredPunch[]> {
    const all = await this.database.getAll("punches", null, PUNCHES_MAX);
    return all.sort((a, b) => a.reading.wall_ms - b.reading.wall_ms || a.seq - b.seq);
  }

  /**
   * The commit point of a tap: the punch and its place in the chain, in one strict transaction. Raises ChainMoved,
   * having written nothing, when another tab took that place first.
   */
  async addPunch(punch: StoredPunch, from: Chain): Promise<void> {
    const tx = this.database.transaction(["kept", "punches"], "readwrite", { durability: "strict" });
    const chain = (await tx.objectStore("kept").get("chain")) as Chain | undefined;
    if (!chain || chain.kid !== from.kid || chain.seq !== from.seq || chain.prev !== from.prev) {
      tx.abort();
      await tx.done.catch(() => undefined);
      throw new ChainMoved();
    }
    const next: Chain = { kid: from.kid, seq: punch.seq, prev: punch.hash };
    await Promise.all([
      tx.objectStore("punches").add(punch),
      tx.objectStore("kept").put(next, "chain"),
      tx.done,
    ]);
  }

  /** A new device starts a new chain; punches of an earlier one stay and are still sent. Raises AnotherPerson. */
  async enrol(device: Device): Promise<void> {
    const tx = this.database.transaction("kept", "readwrite", { durability: "strict" });
    const before = (await tx.store.get("device")) as Device | undefined;
    if (before && before.person !== device.person) {
      tx.abort();
      await tx.done.catch(() => undefined);
      throw new AnotherPerson();
    }
    const chain: Chain = { kid: device.kid, seq: 0, prev: null };
    // A signed time is its device's own: one of before would speak for another.
    if (before) await tx.store.delete("time");
    await Promise.all([tx.store.put(device, "device"), tx.store.put(chain, "chain"), tx.done]);
  }

  /** Read, change and write in one transaction, so that page and worker never overwrite each other. */
  async changePunches(
    hashes: readonly string[],
    change: (punch: StoredPunch) => StoredPunch,
  ): Promise<StoredPunch[]> {
    const tx = this.database.transaction("punches", "readwrite", { durability: "strict" });
    const changed: StoredPunch[] = [];
    for (const hash of hashes) {
      const found = await tx.store.get(hash);
      if (!found) continue;
      const next = change(found);
      if (next !== found) await tx.store.put(next);
      changed.push(next);
    }
    await tx.done;
    return changed;
  }

  /** Only what is past its retention; whoever calls this has a receipt for each. */
  async forgetExpired(): Promise<void> {
    const tx = this.database.transaction("punches", "readwrite");
    for (const punch of await tx.store.getAll()) {
      if (punch.entry.state === "expired" && punch.receipt) await tx.store.delete(punch.hash);
    }
    await tx.done;
  }
}
