import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type Entry,
  type Event,
  isDue,
  mayJoin,
  newEntry,
  POLICY,
  STATES,
  step,
  TABLE,
} from "../src/core/outbox.ts";

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors/outbox.json"), "utf8"));
const T = 1_795_000_000_000;

test("policy, states and table are those of vectors/outbox.json", () => {
  expect(POLICY).toEqual(vectors.policy);
  expect(STATES).toEqual(vectors.states);
  expect(TABLE).toEqual(vectors.table);
  expect(newEntry(T)).toEqual(vectors.new.entry);
  expect(newEntry(T, vectors.new_away.unheard_ms)).toEqual(vectors.new_away.entry);
  expect(newEntry(T, vectors.new_away.unheard_ms - 1)).toEqual(vectors.new.entry);
});

interface Example {
  readonly name: string;
  readonly before: Entry;
  readonly event: Event;
  readonly u: number;
  readonly now_ms: number;
  readonly after: Entry;
}

test.each(vectors.examples as Example[])("$name", ({ before, event, u, now_ms, after }) => {
  expect(step(before, event, { u, now_ms })).toEqual(after);
});

test("no event but a receipt ever ends the sending, and only time after it ends the keeping", () => {
  for (const [state, row] of Object.entries(TABLE)) {
    for (const [event, { to }] of Object.entries(row)) {
      if (to === "recorded") expect(event).toBe("receipted");
      if (to === "expired") expect([state, event]).toEqual(["recorded", "swept"]);
      if (state === "recorded" && event !== "swept") expect([event, to]).toEqual(["new_journal", "waiting"]);
    }
  }
});

test("whatever happens in whatever order, an entry without a receipt stays in the outbox and gets its turn", () => {
  const events = [
    "opened",
    "network_back",
    "gate_heard",
    "sent",
    "no_answer",
    "overloaded",
    "refused",
    "swept",
    "new_journal",
  ] as const;
  let entry: Entry = newEntry(T);
  let now = T;
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let round = 0; round < 20_000; round++) {
    const type = events[Math.floor(random() * events.length)] ?? "sent";
    const event = type === "overloaded" ? { type, retry_after_s: Math.floor(random() * 1e6) } : { type };
    entry = step(entry, event, { u: random(), now_ms: now });
    now += Math.floor(random() * 1e7);
    expect(["waiting", "sending", "refused"]).toContain(entry.state);
    expect(entry.next_try_ms).not.toBeNull();
    expect(entry.next_try_ms ?? 0).toBeLessThanOrEqual(now + POLICY.refused_ms + POLICY.refused_spread_ms);
  }
});

test("a wall clock set back a year does not silence the outbox", () => {
  const entry = step({ ...newEntry(T), state: "sending" }, { type: "no_answer" }, { u: 0.9, now_ms: T });
  expect(isDue(entry, T)).toBe(false);
  expect(isDue(entry, T - 365 * 86_400_000)).toBe(true);
});

test("a batch takes waiting entries along, but none that the gate put off or refused", () => {
  const later: Entry = { ...newEntry(T), next_try_ms: T + 60_000 };
  expect(mayJoin(later, T)).toBe(true);
  expect(mayJoin({ ...later, not_before_ms: T + 60_000 }, T)).toBe(false);
  expect(mayJoin({ ...later, state: "refused" }, T)).toBe(false);
});
