// The Match workspace: player, why panel, lanes and rail as one component that survives every rerun.

import { HalfArrays } from "./arrays.js";
import { cameraRows } from "./camera_list.js";
import { Lanes } from "./lanes.js";
import { Other, pair } from "./other.js";
import { Outbox } from "./outbox.js";
import { Picked } from "./picked.js";
import { Player } from "./player.js";
import { Rail } from "./rail.js";
import { CameraReview } from "./review_cameras.js";
import { SpotReview } from "./review_spots.js";
import { applyTheme, icon, loadTokens, themeOf } from "./theme.js";
import { matchClock } from "./time.js";
import { Why } from "./why.js";

const KEYS = [
  ["Space", "play or pause"], ["← →", "one frame"], ["⇧← ⇧→", "five seconds"], ["J K L", "back, stop, faster"], ["N P", "next, previous one"],
  ["O", "loop the chosen action"], ["A", "accept, and on to the next"], ["X", "reject"], ["M", "move to the frame on screen"], ["C", "another class"], ["T", "team, or kind of a change"],
  ["V", "spots or camera changes"], ["R", "replay or not"], ["W", "what the replay shows"], ["G", "go there and back"], ["E", "comment"], ["D", "add one here"], ["Q", "next unreviewed"], ["Ctrl Z", "undo the review"], ["Ctrl Y", "redo it"], ["+ −", "zoom the lanes"], ["0", "whole match"], ["1 – 5", "fold a group"], ["B", "boxes"], ["H", "map"], ["S", "sound"], ["F", "whole screen"], ["?", "this list"],
];

const AGAIN = 1000; // milliseconds after an answer, while something is waited for, until the page is asked again

const HINTS = [["Space", "play"], ["← →", "frame"], ["J K L", "shuttle"], ["N P", "action"], ["O", "loop"], ["+ −", "zoom"]];

export class Workspace {
  constructor(root, api) {
    this.root = root;
    this.api = api;
    this.arrays = new Map();
    this.other = new Other();
    this.movedAt = 0; // when a threshold was last moved, milliseconds on the page's own clock
    this.abort = new AbortController();
    root.innerHTML = template();
    this.q = (selector) => root.querySelector(selector);
    this.player = new Player(this.q(".player"), {
      moved: (half, seconds, settled) => this.moved(half, seconds, settled),
      ended: () => this.nextHalf(), action: (step) => this.nextAction(step), loopOf: () => this.loopOf(),
    });
    this.lanes = new Lanes(this.q(".lanes-body"), {
      seek: (half, seconds) => this.player.open(half, seconds), pick: (spot) => this.pick(spot),
      choose: (action) => this.choose(action), threshold: (action, value, final) => this.setThreshold(action, value, final),
    });
    this.rail = new Rail(this.q(".rail"), {
      pick: (spot) => this.pick(spot), camera: (id) => this.cameras.pick(this.cameras.all.find((c) => c.id === id)), mode: (name) => this.setMode(name),
      threshold: (value, final) => this.setThreshold(null, value, final), filtered: () => this.respot(),
    });
    this.why = new Why(this.q(".why"), this.q(".why-line"), {
      seek: (half, seconds) => this.player.open(half, seconds), retry: () => this.api.setTriggerValue("explain", this.trigger(this.chosen)),
      explain: () => this.api.setTriggerValue("command", { name: "explain", nonce: performance.now() }),
      unexplained: (spot) => this.unexplained(spot),
    });
    this.picked = new Picked((spot) => this.api.setTriggerValue("picked", this.trigger(spot)));
    this.outbox = new Outbox(this);
    this.spotReview = new SpotReview(this, this.q(".review-foot"), this.outbox);
    this.cameras = new CameraReview(this, this.q(".review-foot"), this.outbox);
    this.review = this.spotReview;
    window.addEventListener("keydown", (event) => this.key(event), { signal: this.abort.signal });
    root.addEventListener("click", (event) => this.header(event));
    this.observer = new ResizeObserver(() => this.resize());
    for (const part of [root, this.q(".lanes-body")]) this.observer.observe(part);
    root.workspace = this; // for tests
  }

  // --- data ------------------------------------------------------------------------------------------

  async update(data) {
    this.path = location.pathname;
    this.theme = themeOf(this.root);
    applyTheme(this.root, this.theme);
    const match = !this.data || this.data.match.id !== data.match.id || this.data.analysis !== data.analysis;
    // What the user has moved since this data was asked for stays as it is: the answer to that is still to come. What
    // a dialog has set since is what counts.
    const moved = this.data && !match && data.applied === this.data.applied && data.moved < this.movedAt;
    if (moved) Object.assign(data, { threshold: this.data.threshold, thresholds: this.data.thresholds });
    this.data = data;
    this.newest = data;
    this.askAgain();
    if (match) { this.opening = this.openMatch(data); this.begun = false; }
    try { await this.opening; } catch (error) { this.data = null; throw error; } // the next run tries again
    await this.other.update(data);
    if (this.root.dataset.failed) { delete this.root.dataset.failed; this.player.note(null); }
    if (this.newest !== data) return; // a newer run came in meanwhile, and waits for the same
    this.thresholds = { ...data.thresholds };
    this.data.thresholds = this.thresholds;
    this.player.update(data, this.arrays);
    this.lanes.setTheme(this.theme);
    this.lanes.update(data, this.arrays, this.other);
    this.rail.update(data, this.theme);
    this.why.update(data, this.arrays, this.theme);
    this.drawHeader();
    this.picked.answered(data.why?.spot);
    this.outbox.update(data);
    this.spotReview.update(data);
    this.cameras.update(data);
    this.readSpots();
    this.respot();
    if (!this.begun) this.start(data.start);
    this.root.dataset.ready = data.analysis;
    if (!this.chosen && data.start.pick) this.pickNearest(data.start);
  }

  /** While something is being computed or prepared the page is asked how far it is. */
  askAgain(after = AGAIN) {
    clearTimeout(this.asking);
    if (!this.newest.waiting) return;
    this.asking = setTimeout(() => {
      if (this.root.isConnected) this.api.setTriggerValue("again", performance.now());
      this.askAgain(5 * AGAIN); // should the answer be lost
    }, after);
  }

  async openMatch(data) {
    this.root.dataset.ready = "";
    this.chosen = null;
    this.arrays = new Map();
    await Promise.all(data.halves.map(async (half) => this.arrays.set(half.half, await new HalfArrays(half, data.classes.length, data.arrays).load())));
  }

  start(start) {
    this.begun = true;
    this.choose(this.data.classes.find((c) => c.name === start.label) ?? null, false);
    this.resize();
    this.player.open(start.half, start.seconds);
  }

  readSpots() {
    const action = (index) => this.data.classes[index];
    this.all = this.spotReview.joined(this.data.spots.map(([id, half, seconds, index, confidence]) => ({ id, half, seconds, action: action(index), confidence })));
    this.truth = this.data.truth.map(([half, seconds, index]) => ({ half, seconds, action: action(index) }));
    if (this.chosen) this.chosen = (this.chosen.other ? this.other.spots : this.all).find((s) => s.id === this.chosen.id) ?? null;
  }

  // --- spots -----------------------------------------------------------------------------------------

  levelOf(action) { return this.thresholds[action.name] ?? this.data.threshold; }

  /** Which spots stand at the present thresholds and filters, everywhere on screen. */
  respot() {
    const started = performance.now();
    const above = this.all.filter((s) => (this.spotReview.stands(s) || s.confidence >= this.levelOf(s.action)) && this.rail.passes(s));
    const beside = this.other.spots.filter((s) => s.confidence >= this.levelOf(s.action) && this.rail.passes(s));
    pair(above, beside, this.data.other?.within ?? 0);
    this.spots = above.filter((s) => this.rail.agrees(s));
    this.rows = [...this.spots, ...beside.filter((s) => !s.mate && this.rail.agrees(s))].sort((a, b) => a.half - b.half || a.seconds - b.seconds);
    this.lanes.setSpots(this.spots, this.truth.filter((t) => !this.rail.hidden.has(t.action.index)), beside.filter((s) => this.rail.agrees(s)));
    this.lanes.setChosen(this.chosen, this.action);
    this.lanes.setCameras(this.cameras, this.cameras.active);
    this.lanes.draw();
    this.rail.count(above, beside);
    this.list(this.rows.length ? null : this.below());
    this.why.show(this.chosen, this.action);
    this.player.refreshLoop();
    this.review.draw();
    this.drawSpotting();
    this.respotted = performance.now() - started;
  }

  /** What the rail lists; `below`: see the rail. */
  list(below = null) {
    if (this.cameras.active) this.rail.showCameras(cameraRows(this.cameras.items, this.cameras.item, this.theme), this.cameras.items.length);
    else this.rail.show(this.rows, this.chosen, below);
  }

  /** Another camera change has been chosen. */
  showCameras() {
    this.lanes.setCameras(this.cameras, this.cameras.active);
    this.lanes.draw();
    this.list();
    this.review.draw();
    this.rail.reveal();
  }

  /** Review spots or camera changes; without a name, the other of the two. */
  setMode(name = this.cameras.active ? "spots" : "cameras") {
    this.review.leave();
    this.review = name === "cameras" ? this.cameras : this.spotReview;
    this.rail.setMode(name);
    this.respot();
    this.rail.reveal();
  }

  /** The highest lower threshold that shows something, and how much. */
  below() {
    const under = this.all.filter((s) => this.rail.passes(s)).map((s) => s.confidence).sort((a, b) => b - a);
    if (!under.length) return null;
    const level = Math.max(0.05, Math.floor(under[Math.min(5, under.length - 1)] * 100) / 100);
    return [level, under.filter((c) => c >= level).length];
  }

  setThreshold(action, value, final) {
    this.movedAt = performance.now();
    if (action) this.thresholds[action.name] = value;
    else { this.data.threshold = value; for (const name of Object.keys(this.thresholds)) delete this.thresholds[name]; }
    this.rail.setThreshold(this.data.threshold);
    this.respot();
    if (final) this.api.setTriggerValue("thresholds", { threshold: this.data.threshold, thresholds: { ...this.thresholds }, moved: this.movedAt });
  }

  /** Show a moment in the player and in the lanes. */
  goTo(half, seconds) {
    this.player.open(half, seconds);
    this.lanes.reveal(half, seconds);
  }

  trigger(spot) { return spot && { id: spot.id, half: spot.half, seconds: spot.seconds, label: spot.action.name, nonce: performance.now() }; }

  /** Choose a spot; `rest` milliseconds later, if it still is chosen, the page is told. */
  pick(spot, seek = true, rest = 0) {
    if (!spot) return;
    this.chosen = spot;
    this.action = spot.action;
    this.player.setAction(spot.action);
    this.lanes.setChosen(spot, spot.action);
    if (seek) this.goTo(spot.half, spot.seconds);
    this.lanes.draw();
    this.list();
    this.why.show(spot, spot.action);
    this.player.refreshLoop();
    this.review.draw(); // before looking how much room is left for the list
    this.rail.reveal();
    this.address();
    if (spot.other) this.picked.forget(); else this.picked.pick(spot, rest);
  }

  /** Why a spot cannot be explained, or null. */
  unexplained(spot) {
    if (spot.added) return `Added by ${spot.review.author}; only spots of an analysis can be explained.`;
    if (!spot.other) return null;
    const scores = this.arrays.get(spot.half).scores, at = spot.seconds * this.data.rate, around = this.data.other.within * this.data.rate;
    const most = (scores.peak(spot.action.index, at - around, at + around) / 255).toFixed(2);
    return `Spotted by ${this.other.name} alone: within ${this.data.other.within} s ${this.data.model} is at ${most} at most. D adds it to the reviewed spots.`;
  }

  pickNearest(start) {
    // A spot that the address names may lie below the threshold.
    const own = (start.label ? this.all : this.spots).filter((s) => s.half === start.half && (!start.label || s.action.name === start.label));
    const near = own.sort((a, b) => Math.abs(a.seconds - start.seconds) - Math.abs(b.seconds - start.seconds))[0];
    if (near && Math.abs(near.seconds - start.seconds) < 2) this.pick(near);
  }

  choose(action, draw = true) {
    this.action = action;
    this.player.setAction(action);
    this.lanes.setChosen(this.chosen, action);
    if (draw) { this.lanes.draw(); this.address(); }
  }

  /** The next or previous action, or camera change where those are reviewed. */
  nextAction(step) {
    if (this.cameras.active && !this.cameras.linking) { this.cameras.step(step); return; }
    const now = this.lanes.common(this.player.half, this.player.time), at = (s) => this.lanes.common(s.half, s.seconds);
    const spot = step > 0 ? this.rows.find((s) => at(s) > now + 0.1) : this.rows.findLast((s) => at(s) < now - 0.1);
    this.pick(spot);
  }

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

  // --- moments ---------------------------------------------------------------------------------------

  moved(half, seconds, settled) {
    if (!this.data || half === null) return;
    this.lanes.setHead(half, seconds);
    this.lanes.setLoop(this.player.loop);
    this.drawHalves(half, seconds);
    if (settled) this.address();
  }

  /** Match, moment and class into the page's address, without a rerun. */
  address() {
    if (this.player.half === null) return;
    const query = new URLSearchParams(location.search);
    query.set("match", this.data.match.id);
    query.set("half", this.player.half);
    query.set("t", this.player.time.toFixed(3));
    if (this.action) query.set("class", this.action.name); else query.delete("class");
    const target = `${location.pathname}?${query}`;
    if (target !== location.pathname + location.search) history.replaceState(history.state, "", target);
  }

  // --- keys ------------------------------------------------------------------------------------------

  key(event) {
    const at = event.composedPath()[0];
    const writing = at?.matches?.("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]");
    if (writing || event.altKey || !this.data || document.querySelector("[role=dialog]")) return;
    if (location.pathname !== this.path) return; // it has lost its place because another page was opened
    if (this.review.key(event)) { event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey) return;
    const player = this.player, jump = (s) => player.seek(player.time + s);
    const actions = {
      " ": () => player.toggle(), ArrowLeft: () => (event.shiftKey ? jump(-5) : player.step(-1)), ArrowRight: () => (event.shiftKey ? jump(5) : player.step(1)),
      j: () => jump(-2 * Math.max(1, player.video.playbackRate)), k: () => { player.speed(1); player.video.pause(); },
      l: () => { player.speed(player.video.paused ? 1 : Math.min(8, player.video.playbackRate * 2)); player.video.play(); },
      n: () => this.nextAction(1), p: () => this.nextAction(-1), o: () => { player.toggleLoop(); this.moved(player.half, player.time, false); },
      "+": () => this.lanes.zoom(0.5), "=": () => this.lanes.zoom(0.5), "-": () => this.lanes.zoom(2), "0": () => this.lanes.whole(),
      b: () => player.toggleOption("boxes"), h: () => player.toggleOption("map"), s: () => player.command("sound"), f: () => player.command("full"),
      v: () => this.setMode(),
      "?": () => (this.q(".keys").hidden = !this.q(".keys").hidden), Escape: () => { this.q(".keys").hidden = true; this.q(".why").classList.remove("sheet"); },
    };
    const group = /^[1-9]$/.test(event.key) && this.lanes.groups?.[Number(event.key) - 1];
    const action = actions[event.key] ?? actions[event.key.toLowerCase()] ?? (group && (() => this.lanes.fold(group.name, false)));
    if (!action) return;
    event.preventDefault();
    // A focused button must not be pressed by the space bar as well.
    if (event.key === " " && at?.blur && at !== document.body) at.blur();
    action();
  }

  // --- header ----------------------------------------------------------------------------------------

  header(event) {
    const name = event.target.closest("[data-head]")?.dataset.head;
    if (!name) return;
    if (name === "half") this.player.open(Number(event.target.closest("[data-half]").dataset.half), 0);
    else if (name === "link") this.copyLink();
    else if (name === "keys") this.q(".keys").hidden = !this.q(".keys").hidden;
    else this.api.setTriggerValue("command", { name, nonce: performance.now() });
  }

  async copyLink() {
    this.address();
    let done = true;
    try { await navigator.clipboard.writeText(location.href); } catch { done = false; }
    const button = this.q("[data-head=link]");
    button.classList.add("on");
    button.title = done ? "Copied" : "Copy it from the address bar";
    setTimeout(() => { button.classList.remove("on"); button.title = "Copy link to this moment"; }, 1500);
  }

  drawHeader() {
    const { match, model, notice, job } = this.data;
    const put = (selector, value) => (this.q(selector).textContent = value ?? "");
    put(".home", match.home ?? match.title);
    put(".away", match.away);
    put(".score", match.score?.replace("-", "–"));
    put(".occasion", [match.league, match.date].filter(Boolean).join(", "));
    put(".model-name", this.other.shown ? `A ${model} | B ${this.other.name}` : model);
    this.q(".model .muted").hidden = this.other.shown;
    put(".legend-other .name", this.other.shown && `${this.other.name} (B)`);
    for (const part of this.root.querySelectorAll(".legend-other")) part.hidden = !this.other.shown;
    this.q(".kit-home").style.background = match.kits[0] ?? "transparent";
    this.q(".kit-away").style.background = match.kits[1] ?? "transparent";
    this.q(".notice").hidden = !notice;
    put(".notice span", notice);
    this.q(".job").hidden = !job;
    if (job) { put(".job span", job.text); this.q(".job i").style.width = `${100 * job.progress}%`; }
    this.q(".halves").hidden = this.data.halves.length < 2;
  }

  drawHalves(half, seconds) {
    const box = this.q(".halves");
    const key = `${half}/${Math.floor(seconds)}`;
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.innerHTML = this.data.halves.map((h) => {
      const on = h.half === half, range = on ? matchClock(half, seconds) : `${matchClock(h.half, 0).replace(/^0/, "")}–${matchClock(h.half, h.duration).replace(/^0/, "")}`;
      return `<button data-head="half" data-half="${h.half}" class="${on ? "on" : ""}">${h.half === 1 ? "1st half" : "2nd half"} <span class="${on ? "strong" : "muted"}">${range}</span></button>`;
    }).join("");
  }

  drawSpotting() {
    const own = Object.keys(this.thresholds).length;
    this.q(".spotting-text").textContent = `≥ ${this.data.threshold.toFixed(2).replace(/^0/, "")}${own ? ` (${own} of their own)` : ""}, ${this.data.method}`;
  }

  resize() {
    if (!this.data) return;
    const wide = this.root.clientWidth, tall = this.root.clientHeight;
    this.root.classList.toggle("narrow", wide <= 1240);
    this.root.classList.toggle("tiny", wide <= 860);
    this.root.classList.toggle("wide", wide >= 1768);
    this.lanes.autoFold = tall < 780 ? new Set(this.lanes.groups?.slice(-1).map((g) => g.name).concat("restarts")) : null;
    this.player.resize();
    this.lanes.resize();
    if (this.chosen) this.why.chart();
  }

  destroy() {
    this.abort.abort();
    this.picked.forget();
    clearTimeout(this.asking);
    this.outbox.destroy();
    this.observer.disconnect();
    this.player.destroy();
    delete this.root.workspace; // if the element is used again, it gets a workspace that listens
  }
}

function template() {
  const hint = ([keys, what]) => `<span>${keys.split(" ").map((k) => `<kbd>${k}</kbd>`).join("")}${what}</span>`;
  const mark = (shape, label) => `<span class="legend-mark">${shape}${label}</span>`;
  const triangle = (d, filled) => `<svg width="11" height="10" viewBox="0 0 11 10"><path d="${d}" fill="${filled ? "var(--text-secondary)" : "none"}" stroke="var(--text-secondary)" stroke-width="1.2"/></svg>`;
  return `
  <header>
    <button class="ic" data-head="library" title="Back to the library" aria-label="Back to the library">${icon("left")}</button>
    <span class="teams"><i class="kit kit-home"></i><span class="home"></span><span class="score"></span><span class="away"></span><i class="kit kit-away"></i></span>
    <span class="caption occasion wide"></span><span class="spring"></span>
    <span class="job" hidden><span></span><b class="bar"><i></i></b></span>
    <span class="halves segments" role="group" aria-label="Half"></span><span class="spring"></span>
    <button class="button model wide" data-head="model" title="Which model's analysis is shown"><span class="muted">Model</span> <span class="model-name"></span>${icon("down", 12)}</button>
    <button class="button" data-head="spotting" title="How spots are made of scores">${icon("sliders", 14)}Spotting <span class="muted spotting-text wide"></span></button>
    <button class="button" data-head="export">${icon("share", 14)}Export</button>
    <button class="ic wide" data-head="link" title="Copy link to this moment" aria-label="Copy link to this moment">${icon("link")}</button>
  </header>
  <p class="notice" hidden>${icon("info", 14)}<span></span></p>
  <div class="work">
    <div class="left">
      <div class="stage-row"><section class="card player"></section><section class="card why"></section></div>
      <section class="card why-line"></section>
      <section class="card lanes"><div class="lanes-body"></div>
        <footer>${HINTS.map(hint).join("")}<button class="link" data-head="keys"><kbd>?</kbd>all</button><span class="spring"></span>
          <span class="marks">${mark(triangle("M1 1.5h9L5.5 9Z", true), "predicted")}${mark(triangle("M1 8.5h9L5.5 1Z", false), "true")}
          <span class="legend-mark legend-other" hidden><svg width="10" height="10"><circle cx="5" cy="5" r="3.4" fill="var(--text-secondary)"/></svg><span class="name"></span></span>
          <span class="legend-mark legend-other" hidden><svg width="12" height="12"><circle cx="6" cy="6" r="5" fill="none" stroke="var(--warning)" stroke-width="1.4"/></svg>one of the two alone</span></span></footer></section>
    </div>
    <div class="side"><aside class="card rail"></aside><section class="card review-foot"></section></div>
  </div>
  <div class="keys" hidden><b>Keys</b>${KEYS.map(hint).join("")}</div>`;
}

/** Called by the component at every run of the page. */
export async function mount(component) {
  const { data, parentElement, setTriggerValue } = component;
  await loadTokens(data.scripts);
  const root = parentElement.querySelector(".workspace");
  const workspace = (root.workspace ??= new Workspace(root, {}));
  workspace.api = { setTriggerValue };
  workspace.update(data).catch((error) => {
    root.dataset.failed = error.message;
    workspace.player.note(`This match could not be loaded: ${error.message}.`);
  });
  return workspace;
}
