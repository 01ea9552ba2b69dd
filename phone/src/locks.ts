/**
 * One at a time across tabs and the service worker. The store's compare-and-set and the outbox's table are what make it
 * safe; this keeps it calm. So a page that hangs, or that the phone put to sleep with the lock in its hand, holds up
 * nobody for long: after WAIT_MS the lock is taken from it, and what it began may go on beside.
 */

const WAIT_MS = 3_000;
const queues = new Map<string, Promise<unknown>>();

export const oneAtATime = async <T>(name: string, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> => {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks) return withLock(locks, name, work, waitMs);
  const before = queues.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
};

const withLock = async <T>(
  locks: LockManager,
  name: string,
  work: () => Promise<T>,
  waitMs: number,
): Promise<T> => {
  let mine: Promise<T> | undefined;
  const begin = () => {
    mine = work();
    return mine;
  };
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), waitMs);
  try {
    return (await locks.request(name, { signal: patience.signal }, begin)) as T;
  } catch (error) {
    if (mine) return mine; // its own failure; or the lock was taken from it, and it goes on
    if (!patience.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  try {
    return (await locks.request(name, { steal: true }, begin)) as T;
  } catch (error) {
    if (mine) return mine;
    throw error;
  }
};
