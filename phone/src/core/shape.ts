/** Validators for what comes from outside: a value becomes a type here, or Malformed is raised. */

import { Malformed } from "./bytes.ts";

export type Shape<T> = (value: unknown) => T;
export type Of<S> = S extends Shape<infer T> ? T : never;

const TEXT_MAX = 8192;
const LIST_MAX = 1000;

const check = <T>(ok: boolean, value: unknown, what: string): T => {
  if (!ok) throw new Malformed(`not ${what}`);
  return value as T;
};

export const text: Shape<string> = (value) =>
  check(typeof value === "string" && value.length <= TEXT_MAX, value, "a text");
export const truth: Shape<boolean> = (value) => check(typeof value === "boolean", value, "true or false");
export const whole: Shape<number> = (value) => check(Number.isSafeInteger(value), value, "a whole number");

export const literal =
  <const T extends string | number>(...allowed: readonly T[]): Shape<T> =>
  (value) =>
    check(allowed.includes(value as T), value, `one of ${allowed.join(", ")}`);

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null || value === undefined ? null : shape(value);

/** null for what does not fit: for additions that nothing depends on. */
export const lenient =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value) => {
    try {
      return nullable(shape)(value);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  };

export const list =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value) =>
    check<unknown[]>(Array.isArray(value) && value.length <= LIST_MAX, value, "a list").map(shape);

/** Unknown members are dropped, so that a newer server may say more. */
export const object =
  <T extends Record<string, unknown>>(shapes: { [K in keyof T]: Shape<T[K]> }): Shape<T> =>
  (value) => {
    const source = check<Record<string, unknown>>(
      typeof value === "object" && value !== null,
      value,
      "an object",
    );
    const entries = Object.entries(shapes).map(([name, shape]) => [
      name,
      (shape as Shape<unknown>)(source[name]),
    ]);
    return Object.fromEntries(entries) as T;
  };

export const parseJson = (source: string): unknown => {
  try {
    return JSON.parse(source);
  } catch {
    throw new Malformed("not JSON");
  }
};
