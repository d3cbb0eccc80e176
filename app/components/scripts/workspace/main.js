// The Match workspace: a player, lanes, panels and lists as one component that survives every rerun. What stands in it is
// what the page names: every entry comes from the registry.

import { fill, html } from "../markup.js";
import { HalfArrays } from "./arrays.js";
import { DialogFocus } from "./dialog_focus.js";
import { Header } from "./header.js";
import { Keys } from "./keys.js";
import { Lanes } from "./lanes.js";
import { Player } from "./player.js";
import { Rail } from "./rail.js";
import { entriesOf } from "./registry.js";
import { applyTheme, loadTokens, themeOf } from "./theme.js";
import { nearest, showParts } from "./time.js";
import { Toast } from "./toast.js";

const AGAIN = 1000; // milliseconds after an answer, while something is waited for, until the page is asked again
const LEFT = new Map(); // by match: the words of its address that are the browser's, as they were when it was left
const WIDTHS = { narrow: [0, 1240], tiny: [0, 860], wide: [1768, Infinity] }; // pixels

/** By kind of entry, where the part that it makes has its place. */
const PLACES = {
  lane: (workspace, entry) => workspace.lanes.add(workspace.keep(entry.name, entry.make(workspace))),
  panel: (workspace, entry) => workspace.keep(entry.name, entry.make(workspace, workspace.card(entry.at))),
  list: (workspace, entry) => workspace.rail.add(workspace.keep(entry.name, entry.make(workspace))),
  overlay: (workspace, entry) => workspace.player.add(workspace.keep(entry.name, entry.make(workspace.player))),
};
const CARDS = { player: ".stage-row", list: ".side" };

export class Workspace {
  /** @param entries what stands in it, from the registry */
  constructor(root, entries) {
    this.root = root;
    this.arrays = new Map();
    this.parts = new Map();
    this.hooks = {};
    this.system = []; // spots where the system has them, whatever reviewers said
    this.all = []; // spots as reviewers have left them, those that they added among them; `system` is the system's own
    this.spots = []; // those that stand
    this.others = []; // those of another system
    this.othersShown = [];
    this.rows = []; // what a list of spots lists
    this.movedAt = 0; // when a threshold was last moved, milliseconds on the page's own clock
    this.abort = new AbortController();
    fill(root, template());
    this.q = (selector) => root.querySelector(selector);
    this.header = new Header(this.q("header"), this);
    this.player = new Player(this.q(".player"), {
      moved: (half, seconds, settled) => this.moved(half, seconds, settled),
      ended: () => this.nextHalf(), action: (step) => this.nextAction(step), loopOf: () => this.loopOf(),
      shotAt: (half, seconds) => this.part("cameras")?.review.shotAt(half, seconds) ?? null,
    });
    this.lanes = new Lanes(this.q(".lanes-body"), this);
    this.rail = new Rail(this.q(".rail"), this);
    this.entries = entries;
    for (const entry of entries) PLACES[entry.kind](this, entry);
    fill(this.q(".marks"), this.having("legend").filter((part) => this.lanes.parts.includes(part)).map((part) => part.legend));
    this.keys = new Keys(this, this.q(".keys"), this.q("footer"));
    this.toast = new Toast(this.q(".toast"));
    const { signal } = this.abort;
    window.addEventListener("popstate", () => this.goBack(), { signal });
    window.addEventListener("keydown", (event) => this.keys.press(event), { signal });
    root.addEventListener("click", (event) => this.click(event), { signal });
    this.observer = new ResizeObserver(() => this.resize());
    for (const part of [root, this.q(".lanes-body")]) this.observer.observe(part);
    this.dialogFocus = new DialogFocus(root);
    root.workspace = this; // for tests
  }

  // --- parts -----------------------------------------------------------------------------------------

  keep(name, part) { this.parts.set(name, part); return part; }

  /** The part of an entry that is shown, by its name. */
  part(name) { return this.parts.get(name); }

  /** A new card for a panel. */
  card(at) { return this.q(CARDS[at]).appendChild(Object.assign(document.createElement("section"), { className: "card" })); }

  /** The parts that do or have something, in order. */
  having(hook) { return (this.hooks[hook] ??= [...this.parts.values()].filter((part) => part[hook])); }

  /** What is done to the things of the list on show. */
  get review() { return this.rail.list?.review ?? null; }

  /** Ask the page for a dialog or another page. */
  command(name) { this.dialogFocus.keep(); this.tell("command", { name }); }

  // --- data ------------------------------------------------------------------------------------------

  async update(data) {
    this.path = location.pathname;
    this.theme = themeOf(this.root);
    applyTheme(this.root, this.theme);
    if (this.begun && this.data?.match.id === data.match.id && this.data.analysis !== data.analysis) data.start = this.here(data);
    const match = !this.data || this.data.match.id !== data.match.id || this.data.analysis !== data.analysis;
    // What the user has moved since this data was asked for stays as it is: the answer to that is still to come. What
    // a dialog has set since is what counts.
    const moved = this.data && !match && data.applied === this.data.applied && data.moved < this.movedAt;
    if (moved) Object.assign(data, { threshold: this.data.threshold, thresholds: this.data.thresholds });
    if (!this.data) this.resume(data);
    this.data = data;
    this.newest = data;
    showParts(data);
    this.askAgain();
    if (match) { this.readAddress(); this.opening = this.openMatch(data); this.begun = false; }
    try {
      await this.opening;
      await Promise.all(data.halves.map((half) => this.arrays.get(half.half).learnFrames(half))); // it may have come since
    } catch (error) { this.data = null; throw error; } // the next run tries again
    if (this.version !== data.version) {
      this.version = data.version;
      await Promise.all(data.halves.map((half) => this.arrays.get(half.half).renew(half, data.version)));
    }
    await Promise.all(this.having("prepare").map((part) => part.prepare(data)));
    if (this.root.dataset.failed) { delete this.root.dataset.failed; this.player.note(null); }
    if (this.newest !== data) return; // a newer run came in meanwhile, and waits for the same
    this.thresholds = { ...data.thresholds };
    this.data.thresholds = this.thresholds;
    this.player.update(data, this.arrays);
    this.lanes.update(data, this.arrays, this.theme);
    this.rail.update(data);
    this.header.update(data);
    for (const part of this.having("update")) part.update(data);
    this.readSpots();
    this.respot();
    const query = this.begun ? null : new URLSearchParams(location.search); // before it is written
    if (query) this.start(data.start);
    this.root.dataset.ready = data.analysis;
    if (query && this.pickNamed(query)) return;
    if (query && !this.chosen && data.start.pick) this.pickNearest(data.start); // later on nobody is moved unasked
  }

  /** While something is being computed or prepared the page is asked how far it is. */
  askAgain(after = AGAIN) {
    clearTimeout(this.asking);
    if (!this.newest.waiting) return;
    this.asking = setTimeout(() => {
      if (this.root.isConnected) this.again();
      this.askAgain(5 * AGAIN); // should the answer be lost
    }, after);
  }

  async openMatch(data) {
    this.root.dataset.ready = "";
    this.chosen = null;
    this.arrays = new Map();
    await Promise.all(data.halves.map(async (half) => this.arrays.set(half.half, await new HalfArrays(half, data.modelled, data.arrays).load())));
    this.version = data.version;
  }

  /** Where another analysis of the same match is opened: on the moment that is on screen. */
  here(data) {
    const { half, time } = this.player;
    if (!data.halves.some((h) => h.half === half)) return data.start;
    return { half, seconds: time, label: this.action?.name ?? null, pick: Boolean(this.chosen) };
  }

  start(start) {
    this.begun = true;
    this.choose(this.data.classes.find((c) => c.name === start.label) ?? null, false);
    this.resize();
    this.player.open(start.half, start.seconds);
  }

  // --- spots -----------------------------------------------------------------------------------------

  readSpots() {
    const spots = (this.data.spots ?? []).map(([id, half, seconds, index, confidence, replayed]) => ({ id, half, seconds, action: this.data.classes[index], confidence, replayed }));
    for (const spot of spots) spot.system = spot;
    this.system = spots;
    this.all = this.having("joined").reduce((joined, part) => part.joined(joined), spots);
    this.others = this.having("others").flatMap((part) => part.others);
    if (this.chosen) this.chosen = [...this.all, ...this.others].find((s) => s.id === this.chosen.id) ?? null;
  }

  levelOf(action) { return this.thresholds[action.name] ?? this.data.threshold; }
  /** Whether a spot passes the filters. */
  passes(spot) { return this.rail.passes(spot) && this.having("passes").every((part) => part.passes(spot)); }
  agrees(spot) { return this.having("agrees").every((part) => part.agrees(spot)); }
  /** Whether a class is filtered out. */
  hides(action) { return this.having("hides").some((part) => part.hides(action)); }

  /** Which spots stand at the present thresholds and filters, everywhere on screen. */
  respot() {
    const started = performance.now(), above = (s) => s.confidence !== null && s.confidence >= this.levelOf(s.action), kept = (s) => this.having("keeps").some((part) => part.keeps(s));
    const standing = (some) => some.filter((s) => above(s) && this.passes(s)), system = standing(this.system), others = standing(this.others);
    for (const spot of this.system) spot.mate = null;
    const spots = this.all.filter((s) => (above(s) || kept(s)) && this.passes(s));
    for (const part of this.having("pair")) part.pair(system, others); // systems are compared, not what people made of them
    this.spots = spots.filter((s) => this.agrees(s));
    this.othersShown = others.filter((s) => this.agrees(s));
    this.rows = [...this.spots, ...this.othersShown.filter((s) => !s.mate)].sort((a, b) => a.half - b.half || a.seconds - b.seconds);
    for (const part of this.having("respot")) part.respot(system, others);
    this.lanes.draw();
    this.rail.draw();
    this.player.refreshLoop();
    if (this.begun) this.address();
    this.respotted = performance.now() - started;
  }

  setThreshold(action, value, final) {
    this.movedAt = performance.now();
    if (action) this.thresholds[action.name] = value;
    else { this.data.threshold = value; for (const name of Object.keys(this.thresholds)) delete this.thresholds[name]; }
    this.respot();
    if (final) this.tell("thresholds", { threshold: this.data.threshold, thresholds: { ...this.thresholds }, moved: this.movedAt });
  }

  /** Choose a spot; `rest` milliseconds later, if it still is chosen, the page may be told. */
  pick(spot, seek = true, rest = 0) {
    if (!spot) return;
    this.chosen = spot;
    this.action = spot.action;
    this.player.setAction(spot.action);
    if (seek) this.goTo(spot.half, this.frameOf(spot));
    this.address();
    for (const part of this.having("pick")) part.pick(spot, rest); // before looking how much room is left for the list
    this.player.refreshLoop();
    this.relist();
  }

  /**
   * The moment on which a spot is opened: that of the nearest sample, whose boxes, map and reasons are shown; where a
   * reviewer has put it or another system has it, that.
   */
  frameOf(spot) {
    const samples = this.arrays.get(spot.half)?.samples;
    if (!samples?.length || spot.system?.seconds !== spot.seconds) return spot.seconds;
    return samples[nearest(samples, spot.seconds)];
  }

  /** Choose the spot that the address names, where there is one; the moment is the address's as well, if it says one. */
  pickNamed(query) {
    const id = query.get("spot");
    const spot = id && [...this.all, ...this.others].find((s) => s.id === id);
    if (spot) this.pick(spot, !query.has("t"));
    return Boolean(spot);
  }

  pickNearest(start) {
    // A spot that the address names may lie below the threshold.
    const own = (start.label ? this.all : this.spots).filter((s) => s.half === start.half && (!start.label || [s.action.name, s.system?.action.name].includes(start.label)));
    const near = own.sort((a, b) => Math.abs(a.seconds - start.seconds) - Math.abs(b.seconds - start.seconds))[0];
    if (near && Math.abs(near.seconds - start.seconds) < 2) this.pick(near);
  }

  choose(action, draw = true) {
    this.action = action;
    this.player.setAction(action);
    if (draw) { this.lanes.draw(); this.address(); }
  }

  // --- lists -----------------------------------------------------------------------------------------

  /** Another thing has been chosen. */
  relist() {
    this.lanes.draw();
    this.rail.draw();
    this.review?.draw();
    for (const part of this.having("relisted")) part.relisted();
    this.rail.reveal();
    this.address();
  }

  /** Put another list on show, with what it reviews; without one, the next. */
  setMode(list = this.rail.next) {
    this.review?.leave();
    this.rail.show(list);
    this.respot();
    this.rail.reveal();
  }

  /** The next or previous one of what is listed. */
  nextAction(step) {
    if (this.rail.list?.step?.(step)) return;
    const { chosen, player } = this, now = this.lanes.common(player.half, player.time), at = (s) => this.lanes.common(s.half, s.seconds);
    // From the chosen one's own frame, which may lie a little beside its moment, to the one after or before it.
    const on = chosen && player.half === chosen.half && player.frame === player.table.at(this.frameOf(chosen)) ? this.rows.findIndex((s) => s.id === chosen.id) : -1;
    if (on >= 0) this.pick(this.rows[on + step]);
    else this.pick(step > 0 ? this.rows.find((s) => at(s) > now + 0.1) : this.rows.findLast((s) => at(s) < now - 0.1));
  }

  // --- moments ---------------------------------------------------------------------------------------

  loopOf() {
    const spot = this.chosen;
    if (!spot) return null;
    const { lead, lag } = spot.action, end = this.data.halves.find((h) => h.half === spot.half).duration;
    return { half: spot.half, start: Math.max(0, spot.seconds - lead), end: Math.min(end - 0.1, spot.seconds + lag), label: `−${lead} +${lag} s` };
  }

  nextHalf() {
    const next = this.data.halves.find((h) => h.half === this.player.half + 1);
    if (next) this.player.open(next.half, 0, true);
  }

  /** Show a moment in the player and in the lanes. */
  goTo(half, seconds) {
    this.player.open(half, seconds);
    this.lanes.reveal(half, seconds);
  }

  moved(half, seconds, settled) {
    if (!this.data || half === null) return;
    this.lanes.setHead(half, seconds);
    this.lanes.setLoop(this.player.loop);
    this.header.moved(half, seconds);
    if (settled) this.address();
  }

  /** All that makes the picture into the page's address, without a rerun: whoever has it sees the same. */
  address() {
    const query = new URLSearchParams(location.search);
    if (this.player.half === null || !this.at(query)) return;
    query.set("match", this.data.match.id);
    query.set("half", this.player.half);
    query.set("t", String(Math.round(this.player.time * 1e6) / 1e6));
    const own = [["class", this.action?.name], ["spot", this.chosen?.id], ...this.rail.inAddress, ...this.having("inAddress").flatMap((part) => part.inAddress)];
    for (const [name, value] of [...own, ...Object.entries(this.data.address)]) {
      query.delete(name);
      for (const word of [value ?? []].flat()) query.append(name, word);
    }
    LEFT.set(this.data.match.id, ["half", "t", ...own.map(([name]) => name)].flatMap((name) => query.getAll(name).map((word) => [name, word])));
    const target = `${location.pathname}?${query}`;
    if (target !== location.pathname + location.search) history.replaceState(history.state, "", target);
  }

  /** Where the menu opens the match again, whose address names no moment: be where it was left, with the same filters. */
  resume(data) {
    const query = new URLSearchParams(location.search), words = LEFT.get(data.match.id) ?? [];
    if (!words.length || words.some(([name]) => query.has(name))) return;
    for (const [name, word] of words) query.append(name, word);
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
    data.start = { half: Number(query.get("half")), seconds: Number(query.get("t")), label: query.get("class"), pick: false };
  }

  /** Whether an address is of this match: it may have lost its place because another page was opened. */
  at(query) { return location.pathname === this.path && [null, this.data.match.id].includes(query.get("match")); }

  /** Take over what the address says of filters and lists. */
  readAddress() {
    const query = new URLSearchParams(location.search);
    for (const part of [this.rail, ...this.having("readAddress")]) part.readAddress(query, this.data);
  }

  /** Another address of this match was gone back to. */
  goBack() {
    const query = new URLSearchParams(location.search);
    if (!this.begun || !this.at(query)) return;
    this.begun = false; // the address is read now, and not written
    this.readAddress();
    this.respot();
    if (query.has("t")) this.goTo(Number(query.get("half")), Number(query.get("t")));
    this.begun = true;
    if (!this.pickNamed(query)) this.chosen = null;
    this.relist();
  }

  // --- page ------------------------------------------------------------------------------------------

  click(event) {
    const pressed = event.target.closest("[data-press]")?.dataset.press, name = event.target.closest("[data-head]")?.dataset.head;
    if (pressed) this.keys.touch(pressed);
    for (const part of this.having("clicked")) part.clicked(event);
    if (!name) return;
    if (name === "half") this.player.open(Number(event.target.closest("[data-half]").dataset.half), 0);
    else if (name === "link") this.header.copyLink();
    else if (name === "skip") this.rail.focus();
    else if (name === "show-ready" || name === "leave-ready") this.header.answerReady(name === "show-ready");
    else this.command(name);
  }

  resize() {
    if (!this.data) return;
    const wide = this.root.clientWidth, tall = this.root.clientHeight;
    for (const [name, [least, most]] of Object.entries(WIDTHS)) this.root.classList.toggle(name, wide >= least && wide <= most);
    for (const part of this.having("resize")) part.resize(wide, tall);
    this.player.resize();
    this.lanes.resize();
  }

  destroy() {
    this.abort.abort();
    clearTimeout(this.asking);
    for (const part of this.having("destroy")) part.destroy();
    this.observer.disconnect();
    this.dialogFocus.destroy();
    this.toast.hide();
    this.player.destroy();
    delete this.root.workspace; // if the element is used again, it gets a workspace that listens
  }
}

function template() {
  return html`
  <button class="skip" data-head="skip">Skip to the list of spots</button>
  <header></header>
  <div class="work">
    <div class="left">
      <div class="stage-row"><section class="card player" aria-label="Video"></section></div>
      <section class="card lanes" aria-label="Confidence over the match"><div class="lanes-body"></div><footer><span class="marks"></span></footer></section>
    </div>
    <div class="side"><aside class="card rail" aria-label="Spots and camera changes"></aside></div>
  </div>
  <div class="keys" role="region" aria-label="Keys" hidden></div>
  <div class="toast" role="status" aria-live="polite"></div>`;
}

const same = (some, others) => some.length === others.length && some.every((entry, i) => entry === others[i]);

/** Called by the component at every run of the page. */
export async function mount(component) {
  const { data, parentElement, tell, again } = component;
  const [entries] = await Promise.all([entriesOf(data.shown), loadTokens(data.scripts)]);
  const root = parentElement.querySelector(".workspace");
  if (root.workspace && !same(root.workspace.entries, entries)) root.workspace.destroy(); // an analysis for another task
  const workspace = (root.workspace ??= new Workspace(root, entries));
  Object.assign(workspace, { tell, again }); // to tell the page something, and to have it run once more
  workspace.update(data).catch((error) => {
    root.dataset.failed = error.message;
    workspace.player.note(`This match could not be loaded: ${error.message}.`);
  });
  return workspace;
}
