/**
 * The front of the app: whose page this is. One person's page at a time, chosen at each opening where several share
 * the phone, and again after a pause; behind it everybody's taps are delivered.
 */

import { render } from "preact";
import { readTyped } from "../core/voucher.ts";
import { deliverFor, openOutbox } from "../courier.ts";
import { realWorld, tellOutbox, type World } from "../flush.ts";
import { freeSlot, type Profile, Profiles, SLOTS } from "../profiles.ts";
import { type Settings, Store } from "../store.ts";
import { readClocks } from "../tap.ts";
import { ChoosePage } from "./choose.tsx";
import { CHANNEL, Engine, isIdle } from "./engine.ts";
import { Page } from "./page.tsx";
import { loadTexts, type Route, readRoute, type State, TODAY, textsIn } from "./state.ts";

const COURIER_EVERY_MS = 15_000;
/** Whoever comes back after this long may be somebody else. */
const AWAY_MS = 30_000;
const UNTOUCHED_MS = 120_000;
const LOOK_EVERY_MS = 5_000;

export class Front {
  private readonly root: HTMLElement;
  private readonly registry: Profiles;
  private readonly worlds = new Map<string, World>();
  private readonly channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
  private profiles: readonly Profile[] = [];
  private engine: Engine | null = null;
  private language: Settings["language"] = "id";
  private touchedAtMs = 0;
  private hiddenAtMs: number | null = null;
  private isCarrying = false;
  private othersWait = true;
  private inSight: string | null = null;

  private constructor(root: HTMLElement, registry: Profiles) {
    this.root = root;
    this.registry = registry;
  }

  /** Draws somebody's page, or asks whose. `slip`: the code that a link brought. */
  static async open(root: HTMLElement, slip: string | null): Promise<Front> {
    const front = new Front(root, await Profiles.open());
    await front.refresh();
    root.textContent = ""; // what guard.js may have said to a slow phone
    await front.arrive(slip, readRoute(location.hash));
    front.listen();
    return front;
  }

  /** Nothing of anybody's to send: a moment when an update may be put in place. */
  get isIdle(): boolean {
    return (!this.engine || isIdle(this.engine.state)) && !this.othersWait;
  }

  go(route: Route): void {
    this.engine?.go(route);
  }

  async byLink(slip: string): Promise<void> {
    await this.arrive(slip, TODAY);
  }

  private async arrive(slip: string | null, route: Route): Promise<void> {
    if (slip) return this.welcome(slip);
    const [only, another] = this.profiles;
    if (another) return this.choose();
    await this.enter(only?.db ?? SLOTS[0], route);
  }

  /** A slip's owner goes to his own page; a newcomer is asked first, unless the phone is nobody's yet. */
  private async welcome(slip: string): Promise<void> {
    const typed = readTyped(slip);
    const person = "voucher" in typed ? typed.voucher.person : null;
    const owner = this.profiles.find((profile) => profile.person === person);
    if (owner) await this.enter(owner.db, TODAY);
    else if (this.profiles.length) return this.add(slip);
    else await this.enter(SLOTS[0], TODAY);
    await this.engine?.enrolByLink(slip);
  }

  /** An empty page for one more person, with the slip's code if there is one. */
  private async add(slip = ""): Promise<void> {
    const slot = freeSlot(this.profiles);
    if (!slot) return this.engine ? this.engine.showFull() : this.choose();
    await this.enter(slot, { page: "enrol" });
    this.engine?.offer(slip);
  }

  private async enter(db: string, route: Route): Promise<void> {
    this.engine?.stop();
    const world = await this.world(db);
    await this.inherit(world);
    this.touchedAtMs = Date.now();
    this.engine = await Engine.start({
      world,
      route,
      people: this.profiles,
      draw: () => this.draw(),
      exits: {
        choose: () => void this.choose(),
        add: (slip) => void this.add(slip),
        welcome: (slip) => void this.welcome(slip),
        register: (person) => this.register(db, person),
        forget: () => this.forget(db),
        named: (name) => this.named(db, name),
        remove: () => this.remove(db),
      },
    });
    this.draw();
  }

  private async choose(): Promise<void> {
    const [first, another] = this.profiles;
    if (!first || !another) return this.enter(first?.db ?? SLOTS[0], TODAY);
    this.language = this.engine?.state.settings.language ?? (await this.languageOf(first));
    await loadTexts(this.language);
    this.engine?.stop();
    this.engine = null;
    history.replaceState(null, "", `${location.pathname}#/`);
    this.draw();
  }

  private async speak(language: Settings["language"]): Promise<void> {
    if (await loadTexts(language)) this.language = language;
    this.draw();
  }

  private async languageOf({ db }: Profile): Promise<Settings["language"]> {
    return (await (await this.world(db)).store.kept("settings"))?.language ?? "id";
  }

  private async register(db: string, person: number): Promise<void> {
    const held = this.profiles.find((profile) => profile.db === db);
    if (held?.person !== person) await this.registry.put({ db, person, name: null });
    await this.tellOthers();
  }

  /** An enrolment that could not be kept leaves no name behind. */
  private async forget(db: string): Promise<void> {
    await this.registry.forget(db);
    await this.tellOthers();
  }

  private async named(db: string, name: string | null): Promise<void> {
    await this.registry.rename(db, name);
    await this.tellOthers();
  }

  private async remove(db: string): Promise<void> {
    this.engine?.stop();
    this.engine = null;
    this.worlds.get(db)?.store.close();
    this.worlds.delete(db);
    await this.registry.remove(db);
    await this.tellOthers();
    await this.arrive(null, TODAY);
  }

  private async tellOthers(): Promise<void> {
    await this.refresh();
    this.channel?.postMessage("profiles");
  }

  private async refresh(): Promise<void> {
    this.profiles = await this.registry.list();
    this.engine?.setPeople(this.profiles);
  }

  private async world(db: string): Promise<World> {
    const held = this.worlds.get(db);
    if (held) return held;
    const made = realWorld(await Store.open(db));
    this.worlds.set(db, made);
    return made;
  }

  /** What is the phone's and nobody's: the pinned root, the key list, the newest signed time. */
  private async inherit(world: World): Promise<void> {
    for (const { db } of this.profiles) {
      if (db !== world.store.name) await world.store.inherit((await this.world(db)).store);
    }
  }

  private listen(): void {
    setInterval(() => void this.carry(), COURIER_EVERY_MS);
    setInterval(() => this.lookWhoIsThere(), LOOK_EVERY_MS);
    addEventListener("online", () => void this.networkBack());
    for (const touch of ["pointerdown", "keydown"])
      addEventListener(touch, () => {
        this.touchedAtMs = Date.now();
      });
    document.addEventListener("visibilitychange", () => this.comeAndGo());
    this.channel?.addEventListener("message", ({ data }) => {
      if (data === "profiles") void this.reread();
    });
    void this.wakeOthers();
  }

  private async reread(): Promise<void> {
    await this.refresh();
    const mine = this.engine?.world.store.name;
    const isGone = this.engine?.state.device && !this.profiles.some(({ db }) => db === mine);
    if (isGone) await this.choose();
    else this.draw();
  }

  /** The wall clock, because the steady one stops while the phone sleeps. */
  private comeAndGo(): void {
    if (document.hidden) this.hiddenAtMs = Date.now();
    else if (this.hiddenAtMs !== null && Math.abs(Date.now() - this.hiddenAtMs) >= AWAY_MS) this.askAgain();
  }

  private lookWhoIsThere(): void {
    if (Math.abs(Date.now() - this.touchedAtMs) >= UNTOUCHED_MS) this.askAgain();
  }

  private askAgain(): void {
    if (this.profiles.length > 1 && this.engine && this.engine.state.route.page !== "enrol")
      void this.choose();
  }

  private async wakeOthers(): Promise<void> {
    for (const world of await this.others()) await openOutbox(world);
    await this.carry();
  }

  private async networkBack(): Promise<void> {
    for (const world of await this.others()) await tellOutbox(world, { type: "network_back" });
  }

  private async carry(): Promise<void> {
    if (this.isCarrying) return;
    this.isCarrying = true;
    try {
      let waits = false;
      for (const world of await this.others()) {
        waits = (await deliverFor(world, readClocks().origin_ms)) || waits;
      }
      this.othersWait = waits;
    } finally {
      this.isCarrying = false;
    }
  }

  private others(): Promise<World[]> {
    const mine = this.engine?.world.store.name;
    return Promise.all(this.profiles.filter(({ db }) => db !== mine).map(({ db }) => this.world(db)));
  }

  private draw(): void {
    const { engine } = this;
    const language = engine?.state.settings.language ?? this.language;
    document.documentElement.lang = language;
    document.title = textsIn(language).appName;
    const page = engine ? (
      <Page state={engine.state} engine={engine} />
    ) : (
      <ChoosePage
        profiles={this.profiles}
        language={language}
        setLanguage={(chosen) => void this.speak(chosen)}
        enter={(db) => void this.enter(db, TODAY)}
      />
    );
    render(page, this.root);
    if (engine) this.bringIntoSight(engine.state);
  }

  /** What a tap made is seen, however long the page is, at each turn of what the row says; else the page stays put. */
  private bringIntoSight({ fresh, punches, standing }: State): void {
    const punch = punches.find(({ hash }) => hash === fresh);
    if (!punch) return;
    const turn = [punch.hash, punch.entry.state, punch.trouble, standing?.standing].join(" ");
    if (turn === this.inSight) return;
    this.inSight = turn;
    this.root.querySelector(`a[href="#/catatan/${fresh}"]`)?.scrollIntoView({ block: "nearest" });
  }
}
