/** What the gate and the office may answer (docs/record-format.md section 5). Nothing else gets past here. */

import {
  lenient,
  list,
  literal,
  nullable,
  type Of,
  object,
  type Shape,
  text,
  truth,
  whole,
} from "./shape.ts";

const bilingual = object({ id: text, en: text });
export type Bilingual = Of<typeof bilingual>;

const refusal = object({ code: text, id: text, en: text });
export type RefusalText = Of<typeof refusal>;

const recorded = object({
  record_hash: text,
  index: whole,
  received_at_ms: whole,
  repeat: truth,
  flags: list(text),
  receipt: text,
});
export type Recorded = Of<typeof recorded>;

export type Answer = { readonly recorded: Recorded } | { readonly refusal: RefusalText };

const answer: Shape<Answer> = (value) =>
  typeof value === "object" && value !== null && "refusal" in value
    ? object({ refusal })(value)
    : { recorded: recorded(value) };

const answersBody = object({ answers: list(answer) });
export const readAnswers = (value: unknown): readonly Answer[] => answersBody(value).answers;

const refusalBody = object({ refusal });
export const readRefusal = (value: unknown): RefusalText => refusalBody(value).refusal;

export const readTimeAnswer = object({ token: text });

/** By which law the day is judged; an office that says it otherwise costs nobody his result. */
const law = object({
  policy: bilingual,
  why: list(object({ id: text, en: text, article: nullable(text) })),
  acts: list(object({ kind: bilingual, ref: text })),
  ceremonies: list(object({ name: text, start: text, end: text })),
});

const verdict = nullable(
  object({
    provisional: truth,
    headline: bilingual,
    arrival: nullable(bilingual),
    departure: nullable(bilingual),
    reasons: list(bilingual),
    suggest: nullable(literal("record_in")),
  }),
);

export const readToday = object({
  person: object({ name: nullable(text), unit: nullable(text), zone: text }),
  date: text,
  duty: nullable(object({ start: text, end: text })),
  law: lenient(law),
  verdict,
  /** Whether the office knows this key; an older office does not say. */
  confirmed: lenient(truth),
  /** Yesterday's, today's and tomorrow's, as instants; null from an older office. */
  duties: lenient(list(object({ date: text, start_ms: whole, end_ms: whole }))),
  /** A duty that began yesterday and ends today. */
  night: lenient(object({ date: text, verdict })),
  punches: list(
    object({
      record_hash: text,
      direction: literal("in", "out"),
      judged_ms: nullable(whole),
      grade_word: nullable(bilingual),
      received_at_ms: whole,
    }),
  ),
});
export type Today = Of<typeof readToday>;
