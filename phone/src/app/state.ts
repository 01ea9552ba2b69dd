/** What the screen shows, as one value; and the small judgements the screen needs, as pure functions of it. */

import { type Duty, isNightOpen, nearestEdge } from "../core/duty.ts";
import { isRehearsal } from "../core/keys.ts";
import { isUnsent, type State as OutboxState } from "../core/outbox.ts";
import type { Direction } from "../core/records.ts";
import { id, type Texts } from "../core/text/id.ts";
import { DEFAULT_ZONE, localDay, localTime, spokenClock } from "../core/time.ts";
import type { TypedError } from "../core/voucher.ts";
import type { Profile } from "../profiles.ts";
import type { Device, KeptStanding, KeptTime, KeptToday, Settings, Standing, StoredPunch } from "../store.ts";
import type { Place } from "./place.ts";

export type Route =
  | { readonly page: "today" }
  | { readonly page: "month" }
  | { readonly page: "more" }
  | { readonly page: "enrol" }
  | { readonly page: "remove" }
  | { readonly page: "rules" }
  | { readonly page: "record"; readonly hash: string };

export type EnrolError = TypedError | { readonly kind: "storage" } | { readonly kind: "full" };

export const TODAY: Route = { page: "today" };

export const readRoute = (hash: string): Route => {
  const record = /^#\/catatan\/([\w-]{43})$/.exec(hash)?.[1];
  if (record) return { page: "record", hash: record };
  const pages: Readonly<Record<string, Route>> = {
    "#/bulan": { page: "month" },
    "#/lain": { page: "more" },
    "#/daftar": { page: "enrol" },
    "#/hapus": { page: "remove" },
    "#/aturan": { page: "rules" },
  };
  return pages[hash] ?? TODAY;
};

export interface State {
  readonly nowMs: number;
  readonly route: Route;
  readonly settings: Settings;
  readonly device: Device | null;
  /** Who shares this phone. */
  readonly people: readonly Profile[];
  readonly punches: readonly StoredPunch[];
  readonly today: KeptToday | null;
  /** null: nothing heard of this key. */
  readonly standing: KeptStanding | null;
  readonly time: KeptTime | null;
  readonly site: string | null;
  readonly persisted: boolean | null;
  /** The slip a link brought that was not enrolled at once. */
  readonly offeredCode: string;
  readonly place: Place;
  /** The person was told what it risks to enrol in this place. */
  readonly staysHere: boolean;
  readonly copied: string | null;
  readonly enrolError: EnrolError | null;
  /** What the last act did: always read aloud; shown where the record's own line does not say it. */
  readonly status: { readonly text: string; readonly shown: boolean };
  /** The newest tap, to be in sight. */
  readonly fresh: string | null;
  /** Taps that stand in this page's memory alone: the storage did not take them. */
  readonly unwritten: ReadonlySet<string>;
  readonly saveFailed: boolean;
}

export const NO_STATUS = { text: "", shown: false } as const;

const NOON_MINUTE = 12 * 60;
const SKEW_SHOWN_MS = 120_000;
/** So long before a night its first tap may come. */
const NIGHT_LEAD_MS = 4 * 3_600_000;
/** So long the office's word on duties reaches: it names tomorrow's. */
const DUTIES_KNOWN_MS = 24 * 3_600_000;

/** Indonesian until the other language is loaded (`loadTexts`). */
export const textsIn = (language: Settings["language"]): Texts => (language === "en" && english) || id;

let english: Texts | null = null;

/** English comes in a file of its own, for whoever chooses it. False where it did not come. */
export const loadTexts = async (language: Settings["language"]): Promise<boolean> => {
  if (language === "id" || english) return true;
  try {
    english = (await import("../core/text/en.ts")).en;
    return true;
  } catch {
    return false;
  }
};

export const textsOf = ({ settings }: State): Texts => textsIn(settings.language);

/** The person as the office spells him, else by number. */
export const nameOf = (state: State): string =>
  state.today?.today.person.name ?? textsOf(state).employee(state.device?.person ?? 0);

export const isShared = ({ people }: State): boolean => people.length > 1;

/** What the row says: a tap with a receipt is recorded, also while a new journal gets it again. */
export const shownState = ({ entry }: StoredPunch): OutboxState =>
  isUnsent(entry) ? entry.state : "recorded";

export const isUnkept = ({ unwritten }: State, { hash }: StoredPunch): boolean => unwritten.has(hash);

/** Nothing is enrolled in this browser yet, and what would be here would not last. */
export const shouldMove = ({ device, people, place, staysHere }: State): boolean =>
  !device && !people.length && !staysHere && place.kind !== "lasting";

export const zoneOf = ({ today }: State): string => today?.today.person.zone ?? DEFAULT_ZONE;

/** The clock of the work place, as people write it. */
export const clockIn =
  (state: State) =>
  (atMs: number): { readonly minute: string; readonly second: string } => {
    const { minute, second } = localTime(atMs, zoneOf(state));
    const { language } = state.settings;
    return { minute: spokenClock(minute, language), second: spokenClock(second, language) };
  };

/** A date as people say it. */
export const dayOf = ({ settings }: State, date: string): string => {
  const noonMs = Date.parse(`${date}T12:00:00Z`);
  return Number.isNaN(noonMs) ? date : localDay(noonMs, "UTC", settings.language);
};

export const rehearsing = ({ site }: State): boolean => site !== null && isRehearsal(site);

/** The office's answer, if it is about today. */
export const currentToday = (state: State): KeptToday["today"] | null => {
  const today = state.today?.today;
  return today && today.date === localTime(state.nowMs, zoneOf(state)).date ? today : null;
};

/** How this phone's key stands, as far as it has heard. */
export const standingOf = ({ standing, device }: State): Standing =>
  standing?.standing ?? (device?.confirmed ? "confirmed" : "unconfirmed");

/** Since when this page's day runs: the work place's midnight, or before the duty that began yesterday. */
export const punchesOfToday = (state: State): StoredPunch[] => {
  const { date } = localTime(state.nowMs, zoneOf(state));
  const night = nightOf(state);
  if (night) return state.punches.filter(({ reading }) => reading.wall_ms >= night.start_ms - NIGHT_LEAD_MS);
  const open = openNight(state, state.nowMs);
  return state.punches.filter(
    (punch) => dateOf(state, punch) === date || (open && punch.reading.wall_ms >= open.reading.wall_ms),
  );
};

/** The duty that this moment belongs to, where it began on an earlier date. */
export const nightOf = (state: State): Duty | null => {
  const edge = nearestEdge(dutiesOf(state), state.nowMs);
  const dateAt = (ms: number) => localTime(ms, zoneOf(state)).date;
  return edge && dateAt(edge.duty.start_ms) < dateAt(state.nowMs) ? edge.duty : null;
};

/** The result that the day asks for: of the night that ends, or of today. */
export const shownVerdict = (state: State): KeptToday["today"]["verdict"] => {
  const night = nightOf(state);
  const today = currentToday(state);
  return night ? (today?.night?.date === night.date ? today.night.verdict : null) : (today?.verdict ?? null);
};

const dutiesOf = ({ today }: State): readonly Duty[] => today?.today.duties ?? [];

/** An evening's Masuk without a Pulang, where nobody said what is owed now. */
const openNight = (state: State, atMs: number): StoredPunch | null => {
  const { today } = state;
  const isKnown = today?.today.duties && Math.abs(atMs - today.fetchedAtMs) < DUTIES_KNOWN_MS;
  const last = state.punches.filter(({ reading }) => reading.wall_ms < atMs).at(-1);
  if (isKnown || !last) return null;
  const atLast = last.reading.wall_ms;
  const { minuteOfDay } = localTime(atLast, zoneOf(state));
  return isNightOpen({ direction: last.direction, atMs: atLast, minuteOfDay }, atMs) ? last : null;
};

export const punchesOfMonth = (state: State): StoredPunch[] => {
  const month = localTime(state.nowMs, zoneOf(state)).date.slice(0, 7);
  return state.punches.filter((punch) => dateOf(state, punch).startsWith(month));
};

/** The likelier direction by duties and time alone: it must not flip under a finger that just tapped. */
export const likelier = (state: State): Direction => likelierAt(state, state.nowMs);

const likelierAt = (state: State, atMs: number): Direction => {
  const edge = nearestEdge(dutiesOf(state), atMs);
  if (edge) return edge.direction;
  if (openNight(state, atMs)) return "out";
  return localTime(atMs, zoneOf(state)).minuteOfDay < middleOfDuty(state) ? "in" : "out";
};

export const firstOf = (punches: readonly StoredPunch[], direction: Direction): StoredPunch | undefined =>
  punches.find((punch) => punch.direction === direction);

/** What became of the first one, under the button and after another touch; null where it is neither received nor saved. */
export const alreadyText = (state: State, first: StoredPunch): string | null => {
  const texts = textsOf(state);
  if (!first.receipt && isUnkept(state, first)) return null;
  const said = first.receipt ? texts.already : texts.alreadySaved;
  return said(texts[first.direction], clockIn(state)(first.reading.wall_ms).minute);
};

/** A Pulang in the arrival window, and no Masuk: probably the wrong button. */
export const maybeWrongButton = (state: State): boolean => {
  const punches = punchesOfToday(state);
  const out = firstOf(punches, "out");
  if (firstOf(punches, "in")) return false;
  if (shownVerdict(state)?.suggest === "record_in") return true;
  return !!out && likelierAt(state, out.reading.wall_ms) === "in";
};

/** Minutes between this phone's clock and official time when that is worth saying, else null. */
export const clockOffMinutes = ({ time }: State): number | null => {
  if (!time || time.time.clock === "wrong" || time.time.clock === "unsynchronised") return null;
  const skew = Math.abs(time.held.wall_ms - time.time.atMs) - time.time.errorMs;
  return skew >= SKEW_SHOWN_MS ? Math.round(skew / 60_000) : null;
};

/** Which time counts is the office's word alone; null until it has spoken, and as long as this phone is not confirmed. */
export const countedMs = (state: State, punch: StoredPunch): number | null =>
  standingOf(state) === "confirmed" ? (officeWord(state, punch)?.judged_ms ?? null) : null;

export const officeWord = (state: State, punch: StoredPunch) =>
  state.today?.today.punches.find(({ record_hash }) => record_hash === punch.hash);

const middleOfDuty = (state: State): number => {
  const duty = currentToday(state)?.duty;
  const [start, end] = [minuteOf(duty?.start), minuteOf(duty?.end)];
  return start !== null && end !== null && start < end ? (start + end) / 2 : NOON_MINUTE;
};

const minuteOf = (clock: string | undefined): number | null => {
  const [, hour, minute] = /^(\d\d):(\d\d)/.exec(clock ?? "") ?? [];
  return hour && minute ? Number(hour) * 60 + Number(minute) : null;
};

const dateOf = (state: State, { reading }: StoredPunch): string =>
  localTime(reading.wall_ms, zoneOf(state)).date;
