/**
 * What the phone keeps, in IndexedDB. Migrations only add; no version may drop the outbox.
 *
 * What the storage would not take (full, or broken) stays afloat: in this page's memory, read like the rest, sent like the
 * rest, and written as soon as a write succeeds. Only `isUnwritten` tells such a tap from a kept one, and whoever says
 * "saved" must ask it.
 */

import { type DBSchema, deleteDB, type IDBPDatabase } from "idb";
import { Connection } from "./connection.ts";
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

/** What is known of this key at the office, and when it was heard. */
export type Standing = "confirmed" | "unconfirmed" | "revoked" | "mismatch";

export interface KeptStanding {
  readonly kid: string;
  readonly standing: Standing;
  readonly heardAtMs: number;
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
  standing: KeptStanding;
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
/** What may be taken for unknown where the storage does not answer. Never the pinned root, a key or a chain. */
const SPARED: ReadonlySet<keyof Kept> = new Set(["standing", "today", "unheardMs"] as const);

export class ChainMoved extends Error {}

/** One database is one person's: nobody enrols over another's taps. */
export class AnotherPerson extends Error {}

/** Why the storage did not take the last write. */
export type StorageTrouble = "full" | "broken";

export class Store {
  private readonly connection: Connection<Schema>;
  private readonly afloat = new Map<keyof Kept, Kept[keyof Kept]>();
  private readonly afloatPunches = new Map<string, StoredPunch>();
  private readonly unwritten = new Set<string>();
  /** What was read last, for a storage that does not answer any more. */
  private readonly known = new Map<keyof Kept, Kept[keyof Kept] | null>();
  private knownPunches: readonly StoredPunch[] | null = null;
  /** null after a write that succeeded. */
  trouble: StorageTrouble | null = null;

  private constructor(connection: Connection<Schema>) {
    this.connection = connection;
  }

  static async open(name = "hadir"): Promise<Store> {
    const connection = new Connection<Schema>(name, (db) => {
      db.createObjectStore("kept");
      db.createObjectStore("punches", { keyPath: "hash" });
    });
    return new Store(await connection.open());
  }

  /** Everything of one person, the key too. */
  static async erase(name: string): Promise<void> {
    await deleteDB(name);
  }

  get name(): string {
    return this.connection.name;
  }

  close(): void {
    this.connection.close();
  }

  /** Taps that stand in this page's memory alone. */
  get unwrittenTaps(): ReadonlySet<string> {
    return new Set(this.unwritten);
  }

  isUnwritten(hash: string): boolean {
    return this.unwritten.has(hash);
  }

  async kept<K extends keyof Kept>(name: K): Promise<Kept[K] | null> {
    if (this.afloat.has(name)) return this.afloat.get(name) as Kept[K];
    try {
      const value = (await this.connection.use((database) => database.get("kept", name))) ?? null;
      this.known.set(name, value);
    } catch (error) {
      if (!this.known.has(name) && !SPARED.has(name)) throw error;
    }
    return (this.known.get(name) ?? null) as Kept[K] | null;
  }

  async keep<K extends keyof Kept>(name: K, value: Kept[K]): Promise<void> {
    const isWritten = await this.attempt(async (database) => {
      const tx = database.transaction("kept", "readwrite", { durability: "strict" });
      await finished(tx, tx.store.put(value, name));
    });
    if (isWritten) this.afloat.delete(name);
    else this.afloat.set(name, value);
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
    try {
      this.knownPunches = await this.connection.use((database) =>
        database.getAll("punches", null, PUNCHES_MAX),
      );
    } catch (error) {
      if (!this.knownPunches) throw error;
    }
    const all = new Map(this.knownPunches.map((punch) => [punch.hash, punch]));
    for (const [hash, punch] of this.afloatPunches) all.set(hash, punch);
    return [...all.values()].sort((a, b) => a.reading.wall_ms - b.reading.wall_ms || a.seq - b.seq);
  }

  /**
   * The commit point of a tap: the punch and its place in the chain, in one strict transaction. Raises ChainMoved,
   * having written nothing, when another tab took that place first. Where the storage takes nothing the tap is afloat,
   * in the same chain, and not saved.
   */
  async addPunch(punch: StoredPunch, from: Chain): Promise<void> {
    const isWritten =
      (await this.land()) && (await this.attempt((database) => commitPunch(database, punch, from)));
    if (isWritten) return;
    const chain = this.afloat.get("chain") as Chain | undefined;
    if (chain && !isSamePlace(chain, from)) throw new ChainMoved();
    this.afloatPunches.set(punch.hash, punch);
    this.unwritten.add(punch.hash);
    this.afloat.set("chain", chainAfter(punch, from));
  }

  /** A new device starts a new chain; punches of an earlier one stay and are still sent. Raises AnotherPerson. */
  async enrol(device: Device): Promise<void> {
    const chain: Chain = { kid: device.kid, seq: 0, prev: null };
    await this.connection.use(async (database) => {
      const tx = database.transaction("kept", "readwrite", { durability: "strict" });
      const before = (await tx.store.get("device")) as Device | undefined;
      if (before && before.person !== device.person) {
        tx.abort();
        await tx.done.catch(() => undefined);
        throw new AnotherPerson();
      }
      // A signed time is its device's own: one of before would speak for another.
      if (before) await tx.store.delete("time");
      await finished(tx, tx.store.put(device, "device"), tx.store.put(chain, "chain"));
    });
    for (const name of ["device", "chain", "time"] as const) this.afloat.delete(name);
  }

  /** Read, change and write in one transaction, so that page and worker never overwrite each other. */
  async changePunches(
    hashes: readonly string[],
    change: (punch: StoredPunch) => StoredPunch,
  ): Promise<StoredPunch[]> {
    await this.land();
    if (hashes.some((hash) => this.afloatPunches.has(hash))) return this.changeAfloat(hashes, change);
    let changed: StoredPunch[] = [];
    const isWritten = await this.attempt(async (database) => {
      changed = await changeIn(database, hashes, change);
    });
    return isWritten ? changed : this.changeAfloat(hashes, change);
  }

  /** Only what is past its retention; whoever calls this has a receipt for each. */
  async forgetExpired(): Promise<void> {
    await this.attempt(async (database) => {
      const tx = database.transaction("punches", "readwrite");
      for (const punch of await tx.store.getAll()) {
        if (punch.entry.state === "expired" && punch.receipt) await tx.store.delete(punch.hash);
      }
      await tx.done;
    });
  }

  /** Write what is afloat. True when nothing is any more. */
  async land(): Promise<boolean> {
    const [kept, punches] = [[...this.afloat], [...this.afloatPunches.values()]];
    if (!kept.length && !punches.length) return true;
    if (!(await this.attempt((database) => writeAll(database, kept, punches)))) return false;
    for (const [name, value] of kept) if (this.afloat.get(name) === value) this.afloat.delete(name);
    for (const punch of punches) {
      this.unwritten.delete(punch.hash);
      if (this.afloatPunches.get(punch.hash) === punch) this.afloatPunches.delete(punch.hash);
    }
    return true;
  }

  private async changeAfloat(
    hashes: readonly string[],
    change: (punch: StoredPunch) => StoredPunch,
  ): Promise<StoredPunch[]> {
    const all = new Map((await this.punches()).map((punch) => [punch.hash, punch]));
    return hashes.flatMap((hash) => {
      const found = this.afloatPunches.get(hash) ?? all.get(hash);
      if (!found) return [];
      const next = change(found);
      if (next !== found) this.afloatPunches.set(hash, next);
      return [next];
    });
  }

  /** True when the storage took it; false, with the reason in `trouble`, when it did not. */
  private async attempt(work: (database: Database) => Promise<void>): Promise<boolean> {
    try {
      await this.connection.use(work);
      this.trouble = null;
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.trouble = error.name === "QuotaExceededError" ? "full" : "broken";
      return false;
    }
  }
}

const isSamePlace = (a: Chain, b: Chain): boolean => a.kid === b.kid && a.seq === b.seq && a.prev === b.prev;

const chainAfter = ({ seq, hash }: StoredPunch, { kid }: Chain): Chain => ({ kid, seq, prev: hash });

/** The transaction's own reason, where it has one: a request that was cut off only says that it was. */
const finished = async (
  tx: { readonly done: Promise<void>; readonly error: DOMException | null },
  ...writes: Promise<unknown>[]
): Promise<void> => {
  try {
    await Promise.all([...writes, tx.done]);
  } catch (error) {
    throw tx.error ?? error;
  }
};

const commitPunch = async (database: Database, punch: StoredPunch, from: Chain): Promise<void> => {
  const tx = database.transaction(["kept", "punches"], "readwrite", { durability: "strict" });
  const [kept, punches] = [tx.objectStore("kept"), tx.objectStore("punches")];
  if (await punches.getKey(punch.hash)) return tx.done; // a connection lost after the commit
  const chain = (await kept.get("chain")) as Chain | undefined;
  if (!chain || !isSamePlace(chain, from)) {
    tx.abort();
    await tx.done.catch(() => undefined);
    throw new ChainMoved();
  }
  await finished(tx, punches.add(punch), kept.put(chainAfter(punch, from), "chain"));
};

const changeIn = async (
  database: Database,
  hashes: readonly string[],
  change: (punch: StoredPunch) => StoredPunch,
): Promise<StoredPunch[]> => {
  const tx = database.transaction("punches", "readwrite", { durability: "strict" });
  const changed: StoredPunch[] = [];
  const writes: Promise<unknown>[] = [];
  for (const hash of hashes) {
    const found = await tx.store.get(hash);
    if (!found) continue;
    const next = change(found);
    if (next !== found) writes.push(tx.store.put(next));
    changed.push(next);
  }
  await finished(tx, ...writes);
  return changed;
};

/** A receipt that the worker wrote meanwhile stays, and so does a chain that another tab took further. */
const writeAll = async (
  database: Database,
  kept: readonly (readonly [keyof Kept, Kept[keyof Kept]])[],
  punches: readonly StoredPunch[],
): Promise<void> => {
  const tx = database.transaction(["kept", "punches"], "readwrite", { durability: "strict" });
  const writes: Promise<unknown>[] = [];
  for (const punch of punches) {
    const there = await tx.objectStore("punches").get(punch.hash);
    if (!there?.receipt || punch.receipt) writes.push(tx.objectStore("punches").put(punch));
  }
  for (const [name, value] of kept) {
    const there = await tx.objectStore("kept").get(name);
    if (name !== "chain" || isFurther(value as Chain, there as Chain | undefined))
      writes.push(tx.objectStore("kept").put(value, name));
  }
  await finished(tx, ...writes);
};

const isFurther = (chain: Chain, there: Chain | undefined): boolean =>
  there?.kid === chain.kid && chain.seq > there.seq;
