/** The key list this phone believes: pinned to the root key it met first, replaced only by one that root signed. */

import { Malformed } from "./core/bytes.ts";
import { type KeyList, readKeyList } from "./core/keys.ts";
import { parseVerifierKey } from "./core/note.ts";
import { askText, type Fetch } from "./net.ts";
import type { Store } from "./store.ts";

export const KEYS_PATH = "/v1/keys";
/** Where the root's verifier key may lie: one line, as in the data folder's `root.vkey`. */
export const ROOT_PATHS = ["/v1/root", "/root.vkey"] as const;

export const heldKeyList = async (store: Store): Promise<KeyList | null> => {
  const [root, keys] = [await store.kept("root"), await store.kept("keys")];
  if (!keys) return null;
  if (read?.root !== root || read.keys !== keys) read = { root, keys, list: await believe(keys, root) };
  return read.list;
};

/** The held list, or a fetched one when there is none. null: none to be had now. */
export const anyKeyList = async (store: Store, fetcher: Fetch): Promise<KeyList | null> =>
  (await heldKeyList(store)) ?? refreshKeyList(store, fetcher);

/**
 * Fetch the list and keep it if the pinned root signed it. The first list met is believed, as its root is; a site
 * that does not hand out its root key yet can therefore start, but cannot replace that list.
 */
export const refreshKeyList = async (store: Store, fetcher: Fetch): Promise<KeyList | null> => {
  try {
    const root = await pinRoot(store, fetcher);
    const source = await askText(fetcher, KEYS_PATH);
    if (source === null) return null;
    const held = await store.kept("keys");
    if (!root && held && held !== source) return null;
    const list = await believe(source, root);
    await store.keep("keys", source);
    return list;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

// Verified once in this life; the store is asked each time, because another tab may hold a newer one.
let read: { readonly root: string | null; readonly keys: string; readonly list: KeyList } | undefined;

const believe = async (source: string, root: string | null): Promise<KeyList> =>
  readKeyList(source, root === null ? null : await parseVerifierKey(root));

/** The pinned root key, or the one the site hands out, if it signed what this phone holds already. */
const pinRoot = async (store: Store, fetcher: Fetch): Promise<string | null> => {
  const pinned = await store.kept("root");
  if (pinned) return pinned;
  const root = await askRoot(fetcher);
  if (root === null) return null;
  const source = (await store.kept("keys")) ?? (await askText(fetcher, KEYS_PATH));
  if (source === null) return null;
  await believe(source, root);
  await store.keep("root", root);
  return root;
};

const askRoot = async (fetcher: Fetch): Promise<string | null> => {
  for (const path of ROOT_PATHS) {
    const root = (await askText(fetcher, path))?.trim();
    if (root && (await isVerifierKey(root))) return root;
  }
  return null;
};

const isVerifierKey = async (text: string): Promise<boolean> => {
  try {
    await parseVerifierKey(text);
    return true;
  } catch {
    return false; // some other page at that address
  }
};
