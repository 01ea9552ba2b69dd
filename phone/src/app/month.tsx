/** Bulan saya: for now the phone's own records of this month, and an honest word about what will come. */

import { localDay, localTime } from "../core/time.ts";
import type { StoredPunch } from "../store.ts";
import { Rows } from "./rows.tsx";
import { punchesOfMonth, type State, textsOf, zoneOf } from "./state.ts";

export const MonthPage = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const days = byDay(state, punchesOfMonth(state));
  return (
    <>
      <h1>{texts.tabMonth}</h1>
      <p class="soft">{texts.monthIntro}</p>
      {days.length === 0 && <p class="card">{texts.monthNone}</p>}
      {days.map(([date, punches]) => (
        <section key={date} class="prose">
          <h2>{localDay(punches[0]?.reading.wall_ms ?? 0, zoneOf(state), state.settings.language)}</h2>
          <Rows state={state} punches={punches} />
        </section>
      ))}
    </>
  );
};

/** Newest day first; within a day as it went. */
const byDay = (state: State, punches: readonly StoredPunch[]): [string, StoredPunch[]][] => {
  const days = new Map<string, StoredPunch[]>();
  for (const punch of punches) {
    const { date } = localTime(punch.reading.wall_ms, zoneOf(state));
    days.set(date, [...(days.get(date) ?? []), punch]);
  }
  return [...days].reverse();
};
