/** The site's dated key list, signed by its offline root key (section 10). */

import { type Bytes, equal, Malformed } from "./bytes.ts";
import { parseNote, parseVerifierKey, type VerifierKey, verifyNote } from "./note.ts";

export type KeyUse = "gate" | "office";

export interface KeyEntry {
  readonly use: KeyUse;
  readonly fromMs: number;
  /** null: still in use. */
  readonly untilMs: number | null;
  readonly key: VerifierKey;
}

export interface KeyList {
  readonly site: string;
  readonly entries: readonly KeyEntry[];
}

const REHEARSAL = "rehearsal/";
const ENTRIES_MAX = 1000;

export const isRehearsal = (site: string): boolean => site.startsWith(REHEARSAL);

/** Read a key list and believe it only if `root` signed it. Raises Malformed. */
export const readKeyList = async (source: string, root: VerifierKey): Promise<KeyList> => {
  const note = parseNote(source);
  if (!(await verifyNote(note, root))) throw new Malformed("key list not signed by the pinned root");
  const [head, siteLine, ...lines] = note.text.slice(0, -1).split("\n");
  const site = /^site (\S+)$/.exec(siteLine ?? "")?.[1];
  if (head !== "hadir-keys/v1" || !site || note.name !== `${site}/root`)
    throw new Malformed("not a key list");
  if (lines.length > ENTRIES_MAX) throw new Malformed("key list too long");
  const entries = await Promise.all(lines.map(readEntry));
  if (entries.some((entry) => isRehearsal(entry.key.name) !== isRehearsal(site))) {
    throw new Malformed("rehearsal and production keys in one list");
  }
  return { site, entries };
};

/** The key that this name and hash had at that moment for that use, or null. */
export const findKey = (
  list: KeyList,
  wanted: { name: string; hash: Bytes; atMs: number; uses: readonly KeyUse[] },
): VerifierKey | null =>
  list.entries.find(
    (entry) =>
      wanted.uses.includes(entry.use) &&
      entry.key.name === wanted.name &&
      equal(entry.key.hash, wanted.hash) &&
      entry.fromMs <= wanted.atMs &&
      (entry.untilMs === null || wanted.atMs < entry.untilMs),
  )?.key ?? null;

/** The journals that ended while their writer goes on in another: after a year end, a key change or a restore. */
export const endedJournals = ({ entries }: KeyList): ReadonlySet<string> => {
  const gates = entries.filter(({ use }) => use === "gate");
  const going = new Set(gates.filter(({ untilMs }) => untilMs === null).map(({ key }) => writerOf(key.name)));
  const ended = gates.filter(({ untilMs, key }) => untilMs !== null && going.has(writerOf(key.name)));
  return new Set(ended.map(({ key }) => key.name));
};

/** `presensi.example.go.id/gate1` of `presensi.example.go.id/gate1/2026` (section 12). */
const writerOf = (origin: string): string => origin.slice(0, origin.lastIndexOf("/"));

const readEntry = async (line: string): Promise<KeyEntry> => {
  const [, use, from, until, key] = /^(gate|office) (\S+) (\S+) (\S+)$/.exec(line) ?? [];
  if (!use || !from || !until || !key) throw new Malformed("not a line of a key list");
  return {
    use: use as KeyUse,
    fromMs: readUtc(from),
    untilMs: until === "-" ? null : readUtc(until),
    key: await parseVerifierKey(key),
  };
};

const readUtc = (text: string): number => {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new Malformed("not a UTC time");
  return ms;
};
