/**
 * Who uses this phone. Two or more people may share one: each has a database of his own, with his key, his chain, his
 * outbox and his history. This small one only says whose is which, and is the only thing that knows of more than one.
 */

import type { DBSchema } from "idb";
import { Connection } from "./connection.ts";
import { Store } from "./store.ts";

export interface Profile {
  /** The person's own database. */
  readonly db: string;
  readonly person: number;
  /** As the office spells it; null until the office has answered once. */
  readonly name: string | null;
}

interface Schema extends DBSchema {
  profiles: { key: string; value: Profile };
}

const NAME = "hadir-profiles";
/** One database for each who may share the phone; the first is also where a new phone begins. */
export const SLOTS = ["hadir", "hadir-2", "hadir-3", "hadir-4"] as const;

export class Profiles {
  private readonly connection: Connection<Schema>;

  private constructor(connection: Connection<Schema>) {
    this.connection = connection;
  }

  static async open(name = NAME): Promise<Profiles> {
    const connection = new Connection<Schema>(
      name,
      (db) => void db.createObjectStore("profiles", { keyPath: "db" }),
    );
    return new Profiles(await connection.open());
  }

  close(): void {
    this.connection.close();
  }

  /** In the order in which they came; a phone that was enrolled before there were profiles has one. */
  async list(): Promise<readonly Profile[]> {
    const held = await this.connection.use((database) => database.getAll("profiles"));
    if (held.length) return held;
    const device = await readDevice(SLOTS[0]);
    if (!device) return [];
    const first: Profile = { db: SLOTS[0], person: device.person, name: null };
    await this.put(first);
    return [first];
  }

  async put(profile: Profile): Promise<void> {
    await this.connection.use(async (database) => {
      const tx = database.transaction("profiles", "readwrite", { durability: "strict" });
      await Promise.all([tx.store.put(profile), tx.done]);
    });
  }

  async rename(db: string, name: string | null): Promise<void> {
    await this.connection.use(async (database) => {
      const tx = database.transaction("profiles", "readwrite");
      const held = await tx.store.get(db);
      if (held && name && held.name !== name) await tx.store.put({ ...held, name });
      await tx.done;
    });
  }

  /** The name only. */
  async forget(db: string): Promise<void> {
    await this.connection.use((database) => database.delete("profiles", db));
  }

  /** Whoever calls this has seen that nothing of this person is unsent. First the name goes, then what is kept. */
  async remove(db: string): Promise<void> {
    await this.forget(db);
    await Store.erase(db);
  }
}

/** A database that nobody has; null: as many people as one phone takes. */
export const freeSlot = (profiles: readonly Profile[]): string | null =>
  SLOTS.find((slot) => !profiles.some(({ db }) => db === slot)) ?? null;

const readDevice = async (db: string) => {
  const store = await Store.open(db);
  try {
    return await store.kept("device");
  } finally {
    store.close();
  }
};
