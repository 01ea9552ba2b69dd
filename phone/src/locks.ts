/** One at a time across tabs and the service worker. The store's compare-and-set is what makes it safe; this keeps it calm. */

const queues = new Map<string, Promise<unknown>>();

export const oneAtATime = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks) return (await locks.request(name, work)) as T;
  const before = queues.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
};
