/** Where the phone is, if it may know: fresh samples for the next tap, never a reason to wait. */

import type { Sample } from "./tap.ts";

export type LocationState = "unknown" | "asking" | "ready" | "denied" | "unavailable";

const SAMPLES_MAX = 5;
const FRESH_MS = 60_000;
const WATCH_MS = 120_000;

export class Location {
  state: LocationState = "unknown";
  private samples: { readonly sample: Sample; readonly arrivedMonoMs: number }[] = [];
  private watch: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** Starts or extends a watch; the first time, the browser asks the person. */
  start(): void {
    if (!("geolocation" in navigator)) {
      this.become("unavailable");
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop(), WATCH_MS);
    if (this.watch !== null) return;
    if (this.state !== "ready") this.become("asking");
    this.watch = navigator.geolocation.watchPosition(
      (position) => this.take(position),
      (error) => this.fail(error),
      { enableHighAccuracy: true, maximumAge: 30_000, timeout: 20_000 },
    );
  }

  /** Starts only where the person said yes before, so that no page load asks. */
  async startIfAllowed(): Promise<void> {
    try {
      const { state } = await navigator.permissions.query({ name: "geolocation" });
      if (state === "granted") this.start();
      if (state === "denied") this.become("denied");
    } catch {
      // an old browser without this question: wait for a tap
    }
  }

  /** Samples that arrived in the last minute, by the clock that nobody can set. */
  fresh(monoMs: number): Sample[] {
    return this.samples
      .filter(({ arrivedMonoMs }) => monoMs - arrivedMonoMs <= FRESH_MS)
      .map(({ sample }) => sample);
  }

  get accuracyM(): number | null {
    return this.samples.at(-1)?.sample.accuracy_m ?? null;
  }

  stop(): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
  }

  private take({ coords, timestamp }: GeolocationPosition): void {
    const sample: Sample = {
      lat: Number(coords.latitude.toFixed(6)),
      lon: Number(coords.longitude.toFixed(6)),
      accuracy_m: Math.round(coords.accuracy),
      at_ms: Math.round(timestamp),
    };
    this.samples = [...this.samples, { sample, arrivedMonoMs: performance.now() }].slice(-SAMPLES_MAX);
    this.become("ready");
  }

  private fail({ code, PERMISSION_DENIED }: GeolocationPositionError): void {
    if (code === PERMISSION_DENIED) this.stop();
    this.become(code === PERMISSION_DENIED ? "denied" : "unavailable");
  }

  private become(state: LocationState): void {
    this.state = state;
    this.changed();
  }
}
