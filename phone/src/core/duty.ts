/** Which button is the likelier one, by the duties that the office named. Pure: no clock but the one it is given. */

import type { Direction } from "./records.ts";

/** What is owed, or one part of it: two instants, and the date that it belongs to. */
export interface Duty {
  readonly date: string;
  readonly start_ms: number;
  readonly end_ms: number;
}

export interface Edge {
  readonly direction: Direction;
  readonly duty: Duty;
  readonly awayMs: number;
}

/** Further from any duty nobody can say which is meant: then the time of day decides. */
const REACH_MS = 6 * 3_600_000;
const NIGHT_BEGINS_MINUTE = 17 * 60;
const NIGHT_MS_MAX = 16 * 3_600_000;

/** The start or end of a duty that is nearest to this moment: within a duty always, outside of one within six hours. */
export const nearestEdge = (duties: readonly Duty[], atMs: number): Edge | null => {
  const edges = duties.flatMap((duty): Edge[] => {
    const isWithin = duty.start_ms <= atMs && atMs <= duty.end_ms;
    const edgeOf = (direction: Direction, edgeMs: number): Edge => ({
      direction,
      duty,
      awayMs: Math.abs(edgeMs - atMs),
    });
    const both = [edgeOf("in", duty.start_ms), edgeOf("out", duty.end_ms)];
    return both.filter(({ awayMs }) => isWithin || awayMs <= REACH_MS);
  });
  return edges.reduce<Edge | null>((best, edge) => (best && best.awayMs <= edge.awayMs ? best : edge), null);
};

interface Tapped {
  readonly direction: Direction;
  readonly atMs: number;
  readonly minuteOfDay: number;
}

/** Where no duty is known: came in the evening and has not left, so this morning is the end of a night. */
export const isNightOpen = (last: Tapped | undefined, atMs: number): boolean =>
  last?.direction === "in" &&
  last.minuteOfDay >= NIGHT_BEGINS_MINUTE &&
  atMs >= last.atMs &&
  atMs - last.atMs <= NIGHT_MS_MAX;
