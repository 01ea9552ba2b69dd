/** The page's running part: state in one place, acts of the person, and the loop that keeps delivering by itself. */

import { type Entry, isDue, isUnsent } from "../core/outbox.ts";
import type { Direction } from "../core/records.ts";
import { decodeVoucher, readTyped, type Voucher } from "../core/voucher.ts";
import { openOutbox } from "../courier.ts";
import { checkVoucher, enrol } from "../enrol.ts";
import { flush, sendAgainWhatEnded, tellOutbox, type World } from "../flush.ts";
import { heldKeyList } from "../keyring.ts";
import type { Profile } from "../profiles.ts";
import type { Store, StoredPunch } from "../store.ts";
import { readClocks, recordTap } from "../tap.ts";
import { fetchToday } from "../today.ts";
import { fetchSignedTime, needsStatement, stateDeliveries } from "../witness.ts";
import { placeHere } from "./place.ts";
import {
  alreadyText,
  clockIn,
  firstOf,
  isUnkept,
  loadTexts,
  NO_STATUS,
  officeWord,
  punchesOfToday,
  type Route,
  type State,
  shouldMove,
  textsOf,
} from "./state.ts";

const TICK_MS = 1_000;
const TIME_EVERY_MS = 5 * 60_000;
const TODAY_EVERY_MS = 60_000;
const TODAY_EVERY_MS_MAX = 10 * 60_000;
const TODAY_AFTER_RECEIPT_MS = 2_000;
/** The office follows the journals: a tap with a receipt may take it some seconds. */
const TODAY_LACKING_MS = 5_000;
const STATEMENT_EVERY_MS = 30_000;
const LAND_EVERY_MS = 5_000;
export const CHANNEL = "hadir";
export const SYNC_TAG = "hadir-outbox";

/** What leads out of one person's page (front.tsx). */
export interface Exits {
  readonly choose: () => void;
  readonly add: (slip?: string) => void;
  /** Another person's slip. */
  readonly welcome: (slip: string) => void;
  readonly register: (person: number) => Promise<void>;
  readonly forget: () => Promise<void>;
  readonly named: (name: string | null) => Promise<void>;
  readonly remove: () => Promise<void>;
}

interface Start {
  readonly world: World;
  readonly route: Route;
  readonly people: readonly Profile[];
  readonly draw: () => void;
  readonly exits: Exits;
}

/** A second touch of the finger that chose the person is not a tap. */
const SETTLE_MS = 400;

export class Engine {
  state: State;
  readonly world: World;
  private readonly draw: () => void;
  private readonly exits: Exits;
  private readonly ending = new AbortController();
  private readonly beganMono = readClocks().mono_ms;
  private readonly channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
  private flushing = false;
  private timeAskedMono: number | null = null;
  private todayNextMono = Number.POSITIVE_INFINITY; // until greeted: a request needs a signed time first
  private todayWaitMs = TODAY_EVERY_MS;
  private statementNextMono = 0;
  private landNextMono = 0;

  private constructor({ world, draw, exits }: Start, state: State) {
    this.world = world;
    this.state = state;
    this.draw = draw;
    this.exits = exits;
  }

  static async start(start: Start): Promise<Engine> {
    const { world, route, people } = start;
    await loadTexts((await world.store.kept("settings"))?.language ?? "id");
    const engine = new Engine(start, await firstState(world.store, { route, people }));
    await openOutbox(world);
    await engine.reload();
    engine.listen();
    return engine;
  }

  /** Somebody else's turn. What this person began goes on: a tap being kept is kept. */
  stop(): void {
    this.ending.abort();
    this.channel?.close();
  }

  setPeople(people: readonly Profile[]): void {
    this.change({ people });
  }

  chooseAnother(): void {
    this.exits.choose();
  }

  addPerson(): void {
    this.exits.add();
  }

  async removeMe(): Promise<void> {
    if (!this.state.punches.some(({ entry }) => isUnsent(entry))) await this.exits.remove();
  }

  showFull(): void {
    this.change({ route: { page: "enrol" }, enrolError: { kind: "full" } });
  }

  offer(slip: string): void {
    this.change({ offeredCode: slip, route: { page: "enrol" } });
  }

  go(route: Route): void {
    this.change({ route, status: NO_STATUS, enrolError: null });
  }

  async setLanguage(language: "id" | "en"): Promise<void> {
    if (!(await loadTexts(language))) return;
    const settings = { ...this.state.settings, language };
    this.change({ settings });
    await this.world.store.keep("settings", settings);
  }

  /** Clocks first, at the moment of the finger; the screen says "saved" only after the strict transaction. */
  async tap(direction: Direction): Promise<void> {
    const reading = readClocks();
    if (this.state.people.length > 1 && reading.mono_ms - this.beganMono < SETTLE_MS) return;
    const first = firstOf(punchesOfToday(this.state), direction);
    try {
      const punch = await recordTap(this.world.store, { direction, reading });
      await this.reload();
      this.change({ ...this.afterTap(punch, first), fresh: punch.hash });
    } catch (error) {
      this.change({ saveFailed: true, status: { text: textsOf(this.state).saveFailed, shown: true } });
      throw error;
    }
    void this.deliver();
    void registerSync();
  }

  async enrolTyped(typed: string): Promise<void> {
    const read = readTyped(typed);
    if ("error" in read) return this.change({ enrolError: read.error });
    await this.enrolWith(read.voucher);
  }

  /** A slip's link: enrols at once, unless this phone belongs to somebody already. */
  async enrolByLink(code: string): Promise<void> {
    if (shouldMove(this.state)) return this.change({ offeredCode: code });
    if (this.state.device) {
      if (this.state.device.voucher === code) return location.replace("#/");
      return this.change({ offeredCode: code, route: { page: "enrol" } });
    }
    await this.enrolTyped(code);
    if (this.state.enrolError) this.change({ offeredCode: code });
  }

  /** The person read what it risks, and enrols in this place all the same. */
  async stayHere(): Promise<void> {
    this.change({ staysHere: true });
    if (this.state.offeredCode) await this.enrolTyped(this.state.offeredCode);
  }

  /** Where the browser refuses, the text stands there to be marked. */
  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.change({ copied: text });
    } catch {
      this.change({ copied: null });
    }
  }

  private async enrolWith(voucher: Voucher): Promise<void> {
    if (this.isAnothers(voucher.person)) return this.exits.welcome(voucher.text);
    const isNew = !this.state.device;
    try {
      await this.exits.register(voucher.person);
      await enrol(this.world.store, voucher, Date.now());
    } catch {
      if (isNew) await this.exits.forget();
      return this.change({ enrolError: { kind: "storage" } });
    }
    const persisted = await askToPersist();
    await this.reload();
    const status = { text: textsOf(this.state).enrolDone(voucher.person), shown: true };
    this.change({ route: { page: "today" }, status, enrolError: null, offeredCode: "", persisted });
    location.replace("#/");
    void this.greet();
  }

  private isAnothers(person: number): boolean {
    const { device, people } = this.state;
    if (device) return device.person !== person;
    return people.some((profile) => profile.person === person && profile.db !== this.world.store.name);
  }

  /** "Saved" only where it is. */
  private afterTap(punch: StoredPunch, first: StoredPunch | undefined): Pick<State, "saveFailed" | "status"> {
    const { trouble } = this.world.store;
    if (!trouble || !isUnkept(this.state, punch))
      return { saveFailed: false, status: this.savedStatus(punch, first) };
    return { saveFailed: true, status: { text: textsOf(this.state)[`unkept_${trouble}`], shown: true } };
  }

  private savedStatus(punch: StoredPunch, first: StoredPunch | undefined): State["status"] {
    const said = first && alreadyText(this.state, first);
    if (said) return { text: said, shown: true };
    const texts = textsOf(this.state);
    const time = clockIn(this.state)(punch.reading.wall_ms).minute;
    return { text: texts.stateSaved(texts[punch.direction], time), shown: false };
  }

  private listen(): void {
    const { signal } = this.ending;
    const timer = setInterval(() => this.tick(), TICK_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.channel?.addEventListener("message", () => void this.reload());
    addEventListener("beforeunload", (event) => this.askBeforeLeaving(event), { signal });
    addEventListener("online", () => void this.networkBack(), { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden) void this.greet();
      },
      { signal },
    );
    void this.greet();
    void registerSync();
  }

  /** What only this page holds ends with it. */
  private askBeforeLeaving(event: Event): void {
    if (this.state.punches.some((punch) => isUnkept(this.state, punch) && isUnsent(punch.entry)))
      event.preventDefault();
  }

  private async networkBack(): Promise<void> {
    await tellOutbox(this.world, { type: "network_back" });
    await this.reload();
    await this.greet();
  }

  /** On opening and coming back: a signed time, the key list with it, the slip's signature, today's result. */
  private async greet(): Promise<void> {
    this.tick();
    if (!this.state.device || !isOnline()) return;
    const { mono_ms } = readClocks();
    if (this.timeAskedMono === null || mono_ms - this.timeAskedMono >= TIME_EVERY_MS) {
      this.timeAskedMono = mono_ms;
      await fetchSignedTime(this.world);
      await this.checkSlip();
      await sendAgainWhatEnded(this.world);
      await this.reload();
    }
    this.todayNextMono = Math.min(this.todayNextMono, readClocks().mono_ms);
  }

  private async checkSlip(): Promise<void> {
    const device = await this.world.store.kept("device");
    if (!device || device.voucherVerified !== null) return;
    const voucherVerified = await checkVoucher(this.world.store, decodeVoucher(device.voucher));
    const current = await this.world.store.kept("device");
    if (current?.kid === device.kid) await this.world.store.keep("device", { ...current, voucherVerified });
  }

  private tick(): void {
    this.change({ nowMs: Date.now() });
    void this.landUnwritten();
    if (!this.state.device || !isOnline()) return;
    if (this.state.punches.some(({ entry }) => wantsDelivery(entry, Date.now()))) void this.deliver();
    void this.stateDeliveries();
    void this.askToday();
  }

  /** There may be room again: what stands in memory alone is tried every few seconds. */
  private async landUnwritten(): Promise<void> {
    const { mono_ms } = readClocks();
    if (!this.state.unwritten.size || mono_ms < this.landNextMono) return;
    this.landNextMono = mono_ms + LAND_EVERY_MS;
    if (await this.world.store.land()) await this.reload();
  }

  private async deliver(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    try {
      const before = this.state.punches;
      const anyReceipt = await flush(this.world);
      await sendAgainWhatEnded(this.world);
      await this.reload();
      if (anyReceipt) this.celebrate(before);
    } finally {
      this.flushing = false;
    }
  }

  private celebrate(before: readonly StoredPunch[]): void {
    const texts = textsOf(this.state);
    const had = new Set(before.filter(({ receipt }) => receipt).map(({ hash }) => hash));
    const fresh = this.state.punches.filter(({ receipt, hash }) => receipt && !had.has(hash)).at(-1);
    if (!fresh) return;
    const time = clockIn(this.state)(fresh.reading.wall_ms).minute;
    const status = { text: texts.stateRecorded(texts[fresh.direction], time), shown: false };
    this.change({ status, saveFailed: false });
    this.statementNextMono = 0;
    this.todayWaitMs = TODAY_EVERY_MS;
    this.todayNextMono = readClocks().mono_ms + TODAY_AFTER_RECEIPT_MS;
    this.channel?.postMessage("changed");
  }

  private async stateDeliveries(): Promise<void> {
    const { mono_ms, origin_ms } = readClocks();
    const { device, punches } = this.state;
    if (!device || mono_ms < this.statementNextMono) return;
    if (!punches.some((punch) => needsStatement(punch, origin_ms))) return;
    this.statementNextMono = mono_ms + STATEMENT_EVERY_MS;
    await stateDeliveries(this.world, device);
    await this.reload();
  }

  private async askToday(): Promise<void> {
    const { mono_ms } = readClocks();
    const { device } = this.state;
    if (!device || document.hidden || mono_ms < this.todayNextMono) return;
    this.todayNextMono = mono_ms + this.todayWaitMs * (0.75 + Math.random() / 2);
    const answer = await fetchToday(this.world, device);
    this.todayWaitMs = answer ? TODAY_EVERY_MS : Math.min(this.todayWaitMs * 2, TODAY_EVERY_MS_MAX);
    if (answer) await this.exits.named(answer.today.person.name);
    await this.reload();
    if (answer && this.todayLacksAFreshTap()) this.todayNextMono = mono_ms + TODAY_LACKING_MS;
  }

  private todayLacksAFreshTap(): boolean {
    const lately = Date.now() - TODAY_EVERY_MS;
    const fresh = this.state.punches.filter(
      ({ entry }) => entry.receipted_ms !== null && entry.receipted_ms > lately,
    );
    return fresh.some((punch) => !officeWord(this.state, punch));
  }

  private async reload(): Promise<void> {
    const hadUnkept = this.state.unwritten.size > 0;
    this.change(await readStore(this.world.store));
    const isKeptNow = hadUnkept && !this.state.unwritten.size;
    if (isKeptNow && this.state.saveFailed) this.change({ saveFailed: false, status: NO_STATUS });
  }

  private change(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    if (!this.ending.signal.aborted) this.draw();
  }
}

/** Nothing to send and nothing to state: a moment when an update may be put in place. */
export const isIdle = ({ punches }: State): boolean =>
  !punches.some(({ entry, statement }) => isUnsent(entry) || statement?.sent === false);

/** Due, or cut off in the middle of sending by a page that ended: `flush` wakes it once it holds the lock. */
const wantsDelivery = (entry: Entry, nowMs: number): boolean =>
  entry.state === "sending" || isDue(entry, nowMs);

const isOnline = (): boolean => navigator.onLine !== false;

const firstState = async (store: Store, place: Pick<State, "route" | "people">): Promise<State> => ({
  ...place,
  settings: (await store.kept("settings")) ?? { language: "id" },
  persisted: await isPersisted(),
  offeredCode: "",
  place: placeHere(),
  staysHere: false,
  copied: null,
  enrolError: null,
  status: NO_STATUS,
  saveFailed: false,
  fresh: null,
  ...(await readStore(store)),
});

const readStore = async (store: Store) => {
  const device = await store.kept("device");
  const today = await store.kept("today");
  const standing = await store.kept("standing");
  return {
    nowMs: Date.now(),
    device,
    punches: await store.punches(),
    unwritten: store.unwrittenTaps,
    today: today && today.kid === device?.kid ? today : null,
    standing: standing && standing.kid === device?.kid ? standing : null,
    time: await store.kept("time"),
    site: (await heldKeyList(store))?.site ?? null,
  };
};

const isPersisted = async (): Promise<boolean | null> => (await navigator.storage?.persisted?.()) ?? null;

const askToPersist = async (): Promise<boolean | null> => (await navigator.storage?.persist?.()) ?? null;

/** Background Sync where there is any: the worker delivers even if this page is closed. */
const registerSync = async (): Promise<void> => {
  try {
    const registration = (await navigator.serviceWorker?.getRegistration()) as SyncRegistration | undefined;
    await registration?.sync?.register(SYNC_TAG);
  } catch {
    // refused by the browser: the page's own timer delivers
  }
};

type SyncRegistration = ServiceWorkerRegistration & {
  readonly sync?: { register(tag: string): Promise<void> };
};
