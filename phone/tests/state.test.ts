/** What the screen concludes: which button is big, what belongs to this day, and how the phone stands. */

import { expect, test } from "vitest";
import {
  countedMs,
  likelier,
  maybeWrongButton,
  nightOf,
  punchesOfToday,
  type State,
  shownVerdict,
  standingOf,
} from "../src/app/state.ts";
import type { Duty } from "../src/core/duty.ts";
import { nearestEdge } from "../src/core/duty.ts";
import type { KeptToday, Standing, StoredPunch } from "../src/store.ts";

const at = (day: number, clock: string): number => Date.parse(`2026-11-${day}T${clock}:00+08:00`);

const duty = (day: number, start: string, end: string, endDay = day): Duty => ({
  date: `2026-11-${day}`,
  start_ms: at(day, start),
  end_ms: at(endDay, end),
});

const NIGHT = duty(24, "21:00", "07:00", 25);
const DAY = duty(24, "07:30", "16:00");

const punch = (direction: "in" | "out", wallMs: number): StoredPunch => ({
  hash: `${direction}${wallMs}`,
  record: "",
  kid: "kid",
  person: 1,
  direction,
  reading: { wall_ms: wallMs, mono_ms: 0, origin_ms: 0 },
  seq: 1,
  details: [],
  entry: { state: "waiting", failures: 0, next_try_ms: 0, not_before_ms: 0, receipted_ms: null },
  firstTryMs: null,
  tries: 0,
  trouble: null,
  refusal: null,
  receipt: null,
  statement: null,
});

const today = (date: string, more: Partial<KeptToday["today"]>, fetchedAtMs: number): KeptToday => ({
  kid: "kid",
  fetchedAtMs,
  today: {
    person: { name: null, unit: null, zone: "Asia/Makassar" },
    date,
    duty: null,
    law: null,
    verdict: null,
    confirmed: true,
    duties: null,
    night: null,
    punches: [],
    ...more,
  },
});

const state = (nowMs: number, more: Partial<State> = {}): State =>
  ({ nowMs, punches: [], today: null, standing: null, device: null, ...more }) as State;

test("at five past seven a night nurse's big button is Pulang, and Pulang is no mistake", () => {
  const nowMs = at(25, "07:05");
  const kept = today("2026-11-25", { duties: [NIGHT] }, at(25, "06:50"));
  const shown = state(nowMs, { today: kept });
  expect(likelier(shown)).toBe("out");
  expect(maybeWrongButton({ ...shown, punches: [punch("out", nowMs)] })).toBe(false);
});

test("so it is where the office was heard last before the night, and is away since", () => {
  const kept = today("2026-11-24", { duties: [NIGHT] }, at(24, "20:40"));
  expect(likelier(state(at(25, "07:05"), { today: kept }))).toBe("out");
  expect(likelier(state(at(24, "20:50"), { today: kept }))).toBe("in");
});

test("where no duty is known, an evening's Masuk without a Pulang makes the morning's Pulang", () => {
  const evening = punch("in", at(24, "20:50"));
  const shown = state(at(25, "07:05"), { punches: [evening] });
  expect(likelier(shown)).toBe("out");
  const left = { ...shown, punches: [evening, punch("out", at(25, "07:05"))] };
  expect(maybeWrongButton(left)).toBe(false);
  expect(punchesOfToday(left)).toHaveLength(2);
});

test("a Pulang forgotten yesterday afternoon leaves this morning a morning", () => {
  for (const clock of ["07:28", "13:10", "16:30"])
    expect(likelier(state(at(25, "07:05"), { punches: [punch("in", at(24, clock))] }))).toBe("in");
});

test("by day the button turns in the middle of the duty, and stays Pulang for the evening", () => {
  const kept = today("2026-11-24", { duties: [DAY] }, at(24, "07:00"));
  const shown = (clock: string) => likelier(state(at(24, clock), { today: kept }));
  expect(["06:30", "07:28", "11:44"].map(shown)).toEqual(["in", "in", "in"]);
  expect(["11:46", "16:05", "21:30"].map(shown)).toEqual(["out", "out", "out"]);
});

test("Friday's hours say nothing of a Saturday morning", () => {
  const kept = today("2026-11-27", { duties: [duty(27, "07:30", "16:30")] }, at(27, "16:00"));
  expect(likelier(state(at(28, "07:40"), { today: kept }))).toBe("in");
});

test("an older office that names no duties is read as before", () => {
  const kept = today("2026-11-24", { duty: { start: "07:30", end: "16:00" } }, at(24, "07:00"));
  expect(likelier(state(at(24, "11:30"), { today: kept }))).toBe("in");
  expect(likelier(state(at(24, "12:30"), { today: kept }))).toBe("out");
});

test("a second tap does not turn the button", () => {
  const kept = today("2026-11-24", { duties: [DAY] }, at(24, "07:00"));
  expect(likelier(state(at(24, "07:28"), { today: kept, punches: [punch("in", at(24, "07:28"))] }))).toBe(
    "in",
  );
});

test("the night's taps and result belong to its morning, and are gone when the next one comes", () => {
  const verdict = { provisional: true, headline: { id: "Tepat waktu", en: "On time" } } as never;
  const kept = today(
    "2026-11-25",
    { duties: [NIGHT, duty(25, "21:00", "07:00", 26)], night: { date: "2026-11-24", verdict } },
    at(25, "06:50"),
  );
  const punches = [punch("in", at(24, "20:50")), punch("out", at(25, "07:05"))];
  const morning = state(at(25, "07:06"), { today: kept, punches });
  expect(nightOf(morning)?.date).toBe("2026-11-24");
  expect(punchesOfToday(morning)).toHaveLength(2);
  expect(shownVerdict(morning)).toBe(verdict);
  const evening = state(at(25, "20:50"), { today: kept, punches });
  expect(nightOf(evening)).toBeNull();
  expect(likelier(evening)).toBe("in");
  expect(shownVerdict(evening)).toBeNull();
});

test("nothing is near in an empty list", () => {
  expect(nearestEdge([], at(24, "07:00"))).toBeNull();
});

test("which time counts is unknown until the office names it", () => {
  const tapped = punch("in", at(24, "07:34"));
  expect(countedMs(state(at(24, "07:35")), tapped)).toBeNull();
  const word = {
    record_hash: tapped.hash,
    direction: "in" as const,
    judged_ms: at(24, "07:28"),
    grade_word: null,
    received_at_ms: 0,
  };
  const kept = today("2026-11-24", { punches: [word] }, at(24, "07:35"));
  const device = { confirmed: true } as never;
  expect(countedMs(state(at(24, "07:35"), { today: kept, device }), tapped)).toBe(at(24, "07:28"));
});

test("of a phone that is not confirmed no time is said to count", () => {
  const tapped = punch("in", at(24, "07:34"));
  const word = {
    record_hash: tapped.hash,
    direction: "in" as const,
    judged_ms: at(24, "07:28"),
    grade_word: null,
    received_at_ms: 0,
  };
  const kept = today("2026-11-24", { punches: [word] }, at(24, "07:35"));
  const waiting = { today: kept, device: { confirmed: false } as never };
  expect(countedMs(state(at(24, "07:35"), waiting), tapped)).toBeNull();
  const seen = (standing: Standing) => ({ ...waiting, standing: { kid: "k", standing, atMs: 0 } as never });
  expect(countedMs(state(at(24, "07:35"), seen("revoked")), tapped)).toBeNull();
  expect(countedMs(state(at(24, "07:35"), seen("mismatch")), tapped)).toBeNull();
  expect(countedMs(state(at(24, "07:35"), seen("confirmed")), tapped)).toBe(at(24, "07:28"));
});

test("a phone of which nothing was heard stands as its records say", () => {
  expect(standingOf(state(0, { device: { confirmed: true } as never }))).toBe("confirmed");
  expect(standingOf(state(0, { device: { confirmed: false } as never }))).toBe("unconfirmed");
});
