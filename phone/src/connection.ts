/**
 * A connection to a database that is opened again when it was lost: browsers end one while the phone sleeps, when storage
 * is short, or when another page wants it, and say so only at its next use.
 */

import type { DBSchema, IDBPDatabase, OpenDBCallbacks } from "idb";
import { openDB } from "idb";

const TRIES_MAX = 3;
/** What a lost connection looks like: closed, ended in the middle of a transaction, or its server gone. */
const LOST: ReadonlySet<string> = new Set(["InvalidStateError", "AbortError", "UnknownError"]);

type Upgrade<S extends DBSchema> = NonNullable<OpenDBCallbacks<S>["upgrade"]>;

export class Connection<S extends DBSchema> {
  readonly name: string;
  private readonly upgrade: Upgrade<S>;
  private held: Promise<IDBPDatabase<S>> | null = null;
  private isClosed = false;

  constructor(name: string, upgrade: Upgrade<S>) {
    this.name = name;
    this.upgrade = upgrade;
  }

  /** Opens it, so that a browser that keeps nothing says so at once. */
  async open(): Promise<this> {
    await this.database();
    return this;
  }

  /** For good: whoever uses it later gets an error and no new database. */
  close(): void {
    this.isClosed = true;
    this.drop();
  }

  /** Runs `work`, and again on a new connection where the old one was lost: it must bear to run twice. */
  async use<T>(work: (database: IDBPDatabase<S>) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work(await this.database());
      } catch (error) {
        if (this.isClosed || tries >= TRIES_MAX || !isLost(error)) throw error;
        this.drop();
      }
    }
  }

  private database(): Promise<IDBPDatabase<S>> {
    if (this.isClosed) throw new DOMException("closed", "InvalidStateError");
    this.held ??= this.opened();
    return this.held;
  }

  private async opened(): Promise<IDBPDatabase<S>> {
    try {
      return await openDB<S>(this.name, 1, {
        upgrade: this.upgrade,
        blocking: () => this.drop(),
        terminated: () => this.drop(),
      });
    } catch (error) {
      this.held = null;
      throw error;
    }
  }

  private drop(): void {
    void this.held?.then(
      (database) => database.close(),
      () => undefined,
    );
    this.held = null;
  }
}

const isLost = (error: unknown): boolean => error instanceof DOMException && LOST.has(error.name);
