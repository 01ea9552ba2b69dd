/**
 * The service worker. It keeps the shell, all of it or nothing, and answers the shell's own addresses from there without
 * asking the network first. Every other address of the site (gate, office, status) is the network's. Background Sync
 * lends it the outbox.
 */

import { hasNativeEd25519 } from "./core/ed25519.ts";
import { POLICY } from "./core/outbox.ts";
import { flush, realWorld, tellOutbox, type World } from "./flush.ts";
import { Profiles } from "./profiles.ts";
import { Store } from "./store.ts";

declare const __REVISION__: string;
declare const __PRECACHE__: readonly (readonly [path: string, integrity: string])[];

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
interface Worker {
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  addEventListener(type: "sync", listener: (event: SyncEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: {
      type: "window";
      includeUncontrolled: boolean;
    }): Promise<readonly { visibilityState: string }[]>;
  };
  readonly location: Location;
}

const worker = globalThis as unknown as Worker;
const PREFIX = "hadir-shell-";
const CACHE = PREFIX + __REVISION__;
const SYNC_TAG = "hadir-outbox";
const APPLY_MESSAGE = "apply";
const CHANNEL = "hadir";
const OURS: ReadonlySet<string> = new Set(__PRECACHE__.map(([path]) => path));

worker.addEventListener("install", (event) => event.waitUntil(fill()));

worker.addEventListener("activate", (event) =>
  event.waitUntil(dropOldShells().then(() => worker.clients.claim())),
);

worker.addEventListener("message", ({ data }) => {
  if (data === APPLY_MESSAGE) void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const path = url.pathname === "/index.html" ? "/" : url.pathname;
  if (request.method !== "GET" || url.origin !== worker.location.origin || !OURS.has(path)) return;
  event.respondWith(fromShell(request, path));
});

worker.addEventListener("sync", (event) => {
  if (event.tag === SYNC_TAG) event.waitUntil(flushInBackground());
});

/**
 * All or nothing: one missing, redirected, truncated or changed file fails the install, and the shell before stays. A
 * captive portal answers everything with 200 and its own page: only the hashes tell.
 */
const fill = async (): Promise<void> => {
  const cache = await caches.open(CACHE);
  const wanted = __PRECACHE__.map(
    ([path, integrity]) => new Request(path, { cache: "reload", redirect: "error", integrity }),
  );
  await cache.addAll(wanted);
};

const dropOldShells = async (): Promise<void> => {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)),
  );
};

const fromShell = async (request: Request, path: string): Promise<Response> => {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
};

/**
 * For a phone in a pocket. A page that somebody looks at delivers by itself, a fresh tap at once; and without the
 * browser's own Ed25519 only a page can believe a receipt, because a worker may not load the library later.
 */
const flushInBackground = async (): Promise<void> => {
  if ((await isLookedAt()) || !(await hasNativeEd25519())) return;
  const registry = await Profiles.open();
  const profiles = await registry.list();
  registry.close();
  await Promise.all(profiles.map(({ db }) => flushOne(db)));
  new BroadcastChannel(CHANNEL).postMessage("changed");
};

const flushOne = async (db: string): Promise<void> => {
  const world = realWorld(await Store.open(db));
  try {
    await tellOutbox(world, { type: "network_back" });
    await waitForFirst(world);
    await flush(world);
  } finally {
    world.store.close();
  }
};

const isLookedAt = async (): Promise<boolean> => {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.some(({ visibilityState }) => visibilityState === "visible");
};

// The worker has no other timer to come back by, and the browser gives it some minutes at most.
const waitForFirst = async ({ store, now }: World): Promise<void> => {
  const times = (await store.punches()).flatMap(({ entry }) =>
    entry.state === "waiting" && entry.next_try_ms !== null ? [entry.next_try_ms - now()] : [],
  );
  const waitMs = Math.min(...times, POLICY.crowd_spread_ms);
  if (times.length && waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
};
