/** What the screen shows, as one value; and the small judgements the screen needs, as pure functions of it. */

import { isRehearsal } from "../core/keys.ts";
import { isUnsent, type State as OutboxState } from "../core/outbox.ts";
import type { Direction } from "../core/records.ts";
import { en } from "../core/text/en.ts";
import { id, type Texts } from "../core/text/id.ts";
import { DEFAULT_ZONE, localTime, spokenClock } from "../core/time.ts";
import type { TypedError } from "../core/voucher.ts";
import type { Profile } from "../profiles.ts";
import type { Device, KeptTime, KeptToday, Settings, StoredPunch } from "../store.ts";

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
  readonly time: KeptTime | null;
  readonly site: string | null;
  readonly persisted: boolean | null;
  /** The slip a link brought while the phone was enrolled already. */
  readonly offeredCode: string;
  readonly enrolError: EnrolError | null;
  /** What the last act did: always read aloud; shown where the record's own line does not say it. */
  readonly status: { readonly text: string; readonly shown: boolean };
  readonly saveFailed: boolean;
}

export const NO_STATUS = { text: "", shown: false } as const;

const NOON_MINUTE = 12 * 60;
const SKEW_SHOWN_MS = 120_000;

export const textsIn = (language: Settings["language"]): Texts => (language === "id" ? id : en);

export const textsOf = ({ settings }: State): Texts => textsIn(settings.language);

/** The person as the office spells him, else by number. */
export const nameOf = (state: State): string =>
  state.today?.today.person.name ?? textsOf(state).employee(state.device?.person ?? 0);

export const isShared = ({ people }: State): boolean => people.length > 1;

/** What the row says: a tap with a receipt is recorded, also while a new journal gets it again. */
export const shownState = ({ entry }: StoredPunch): OutboxState =>
  isUnsent(entry) ? entry.state : "recorded";

export const zoneOf = ({ today }: State): string => today?.today.person.zone ?? DEFAULT_ZONE;

/** The clock of the work place, as people write it. */
export const clockIn =
  (state: State) =>
  (atMs: number): { readonly minute: string; readonly second: string } => {
    const { minute, second } = localTime(atMs, zoneOf(state));
    const { language } = state.settings;
    return { minute: spokenClock(minute, language), second: spokenClock(second, language) };
  };

export const rehearsing = ({ site }: State): boolean => site !== null && isRehearsal(site);

/** The office's answer, if it is about today. */
export const currentToday = (state: State): KeptToday["today"] | null => {
  const today = state.today?.today;
  return today && today.date === localTime(state.nowMs, zoneOf(state)).date ? today : null;
};

export const punchesOfToday = (state: State): StoredPunch[] => {
  const { date } = localTime(state.nowMs, zoneOf(state));
  return state.punches.filter((punch) => dateOf(state, punch) === date);
};

export const punchesOfMonth = (state: State): StoredPunch[] => {
  const month = localTime(state.nowMs, zoneOf(state)).date.slice(0, 7);
  return state.punches.filter((punch) => dateOf(state, punch).startsWith(month));
};

/** The likelier direction by the time of day alone: it must not flip under a finger that just tapped. */
export const likelier = (state: State): Direction =>
  localTime(state.nowMs, zoneOf(state)).minuteOfDay < middleOfDuty(state) ? "in" : "out";

export const firstOf = (punches: readonly StoredPunch[], direction: Direction): StoredPunch | undefined =>
  punches.find((punch) => punch.direction === direction);

/** A Pulang in the arrival window, and no Masuk: probably the wrong button. */
export const maybeWrongButton = (state: State): boolean => {
  const punches = punchesOfToday(state);
  const out = firstOf(punches, "out");
  if (firstOf(punches, "in")) return false;
  if (currentToday(state)?.verdict?.suggest === "record_in") return true;
  return !!out && localTime(out.reading.wall_ms, zoneOf(state)).minuteOfDay < middleOfDuty(state);
};

/** Minutes between this phone's clock and official time when that is worth saying, else null. */
export const clockOffMinutes = ({ time }: State): number | null => {
  if (!time || time.time.clock === "wrong" || time.time.clock === "unsynchronised") return null;
  const skew = Math.abs(time.held.wall_ms - time.time.atMs) - time.time.errorMs;
  return skew >= SKEW_SHOWN_MS ? Math.round(skew / 60_000) : null;
};

/** Which time counts is the office's word alone; null until it has spoken. */
export const countedMs = (state: State, punch: StoredPunch): number | null =>
  officeWord(state, punch)?.judged_ms ?? null;

export const officeWord = (state: State, punch: StoredPunch) =>
  state.today?.today.punches.find(({ record_hash }) => record_hash === punch.hash) ?? null;

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
