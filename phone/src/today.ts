/** Today's result from the office. The office may be down: then what is known stays on the screen, and nothing else happens. */

import { readRefusal, readToday } from "./core/answers.ts";
import { Malformed } from "./core/bytes.ts";
import { signRequest } from "./core/records.ts";
import { isZone } from "./core/time.ts";
import { signerOf } from "./enrol.ts";
import { noteStanding, type World } from "./flush.ts";
import { askJson } from "./net.ts";
import type { Device, KeptToday } from "./store.ts";
import { readClocks } from "./tap.ts";
import { fetchSignedTime } from "./witness.ts";

const PATH = "/kantor/api/saya/hari-ini";
const TIMEOUT_MS = 4_000;
const TIME_AGE_MS_MAX = 8 * 60_000;

export const fetchToday = async (world: World, device: Device): Promise<KeptToday | null> => {
  const signedTime = await freshTime(world);
  if (!signedTime) return null;
  const request = {
    person: device.person,
    method: "GET",
    path: PATH,
    signedTime,
    reading: readClocks(),
  } as const;
  const { record } = await signRequest(request, signerOf(device));
  const outcome = await askJson(world.fetch, PATH, {
    headers: { Authorization: `Hadir ${record}` },
    timeoutMs: TIMEOUT_MS,
  });
  if (outcome.kind !== "answered") return null;
  if (outcome.status !== 200) {
    if (refusalCode(outcome.body) === "revoked_key") await noteStanding(world, device.kid, "revoked");
    return null;
  }
  try {
    const today = readToday(outcome.body);
    if (!isZone(today.person.zone)) return null;
    const kept: KeptToday = { kid: device.kid, today, fetchedAtMs: world.now() };
    await world.store.keep("today", kept);
    const isConfirmed = today.confirmed ?? today.verdict !== null;
    await noteStanding(world, device.kid, isConfirmed ? "confirmed" : "unconfirmed");
    return kept;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

const refusalCode = (body: unknown): string | null => {
  try {
    return readRefusal(body).code;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

/** A time of this page's life, not older than the office believes. */
const freshTime = async (world: World) => {
  const held = (await world.store.kept("time"))?.held;
  const { origin_ms, mono_ms } = readClocks();
  if (held && held.origin_ms === origin_ms && mono_ms - held.mono_ms < TIME_AGE_MS_MAX) return held;
  return (await fetchSignedTime(world))?.held ?? null;
};
