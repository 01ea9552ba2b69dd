/** One request, one time-out, one of five outcomes. A page that is not ours (captive portal) is `not_the_gate`. */

import { Malformed } from "./core/bytes.ts";
import { POLICY } from "./core/outbox.ts";
import { parseJson } from "./core/shape.ts";

export type Fetch = typeof fetch;

export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly body: unknown }
  | { readonly kind: "overloaded"; readonly retryAfterS: number }
  | { readonly kind: "not_the_gate" }
  | { readonly kind: "no_answer" };

const BODY_CHARACTERS_MAX = 2_000_000;

export const askJson = async (
  fetcher: Fetch,
  path: string,
  { timeoutMs = POLICY.request_timeout_ms, ...init }: RequestInit & { timeoutMs?: number } = {},
): Promise<Outcome> => {
  const reply = await ask(fetcher, path, init, timeoutMs);
  if (!reply) return { kind: "no_answer" };
  const retryAfterS = retryAfter(reply.response);
  if (retryAfterS !== null) return { kind: "overloaded", retryAfterS };
  try {
    return { kind: "answered", status: reply.response.status, body: parseJson(reply.body) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: brokenKind(reply.response) };
    throw error;
  }
};

// Half of what calls itself JSON was cut off on its way; another page is a network that wants something of the person.
const brokenKind = ({ status, headers }: Response): "no_answer" | "not_the_gate" =>
  status >= 500 || headers.get("Content-Type")?.startsWith("application/json") ? "no_answer" : "not_the_gate";

/** The text of a 200 answer, else null. */
export const askText = async (fetcher: Fetch, path: string): Promise<string | null> => {
  const reply = await ask(fetcher, path, {}, POLICY.request_timeout_ms);
  return reply?.response.status === 200 ? reply.body : null;
};

interface Reply {
  readonly response: Response;
  readonly body: string;
}

const ask = async (
  fetcher: Fetch,
  path: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<Reply | null> => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const response = await fetcher(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      ...init,
      signal: controller.signal,
    });
    const body = await response.text();
    return body.length <= BODY_CHARACTERS_MAX ? { response, body } : null;
  } catch {
    return null; // fetch has one error for every kind of no answer
  } finally {
    clearTimeout(timer);
  }
};

const retryAfter = ({ status, headers }: Response): number | null => {
  const seconds = /^\d{1,9}$/.exec(headers.get("Retry-After") ?? "")?.[0];
  return (status === 503 || status === 429) && seconds !== undefined ? Number(seconds) : null;
};
