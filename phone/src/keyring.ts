/** The key list this phone believes: pinned to the root key it met first, replaced only by one that root signed. */

import { Malformed } from "./core/bytes.ts";
import { type KeyList, readKeyList } from "./core/keys.ts";
import { parseVerifierKey } from "./core/note.ts";
import { askText, type Fetch } from "./net.ts";
import type { Store } from "./store.ts";

export const KEYS_PATH = "/v1/keys";
export const ROOT_PATH = "/v1/root";

export const heldKeyList = async (store: Store): Promise<KeyList | null> => {
  const [root, keys] = [await store.kept("root"), await store.kept("keys")];
  if (!root || !keys) return null;
  if (read?.root === root && read.keys === keys) return read.list;
  try {
    read = { root, keys, list: await believe(keys, root) };
    return read.list;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

/** The held list, or a fetched one when there is none. null: none to be had now. */
export const anyKeyList = async (store: Store, fetcher: Fetch): Promise<KeyList | null> =>
  (await heldKeyList(store)) ?? refreshKeyList(store, fetcher);

/** Fetch the list and keep it if the pinned root signed it; the first root met is the one pinned. */
export const refreshKeyList = async (store: Store, fetcher: Fetch): Promise<KeyList | null> => {
  const source = await askText(fetcher, KEYS_PATH);
  const pinned = await store.kept("root");
  const root = pinned ?? (source && (await askText(fetcher, ROOT_PATH))?.trim());
  if (!source || !root) return null;
  try {
    const list = await believe(source, root);
    if (!pinned) await store.keep("root", root);
    await store.keep("keys", source);
    return list;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

// Verified once in this life; the store is asked each time, because another tab may hold a newer one.
let read: { readonly root: string; readonly keys: string; readonly list: KeyList } | undefined;

const believe = async (source: string, root: string): Promise<KeyList> =>
  readKeyList(source, await parseVerifierKey(root));
