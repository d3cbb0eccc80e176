// The desk of the Clips view: player with trim strip, settings of the chosen clip, lead and lag, reel.
//
// Times of clips are whole microseconds of their half, as in Python; the player counts in seconds.

import { fill, fillChanged, html, isFilledWith } from "../markup.js";
import { HalfArrays } from "../workspace/arrays.js";
import { Player } from "../workspace/player.js";
import { entriesOf } from "../workspace/registry.js";
import { applyTheme, glyph, icon, loadTokens, themeOf } from "../workspace/theme.js";
import { FrameTable, matchClock, showParts } from "../workspace/time.js";
import { Reel } from "./reel.js";
import { Sketch } from "./sketch.js";
import { Trimmer } from "./trimmer.js";

const MARK = "Mark";
const MARK_REACH = 5e6; // microseconds that a new mark shows before and after the playhead
const PATIENCE = 150; // milliseconds that changes wait for the next one
const SPEEDS = [1, 0.75, 0.5, 0.25];
const STANDS = 3, STANDS_LEAST = 0.5, STANDS_MOST = 20, MOST_FREEZES = 12; // seconds, and as in clips/freeze.py
const micro = (seconds) => Math.round(seconds * 1e6);

export class Desk {
  /** @param overlays entries of what is drawn over the picture */
  constructor(root, overlays) {
    this.root = root;
    this.q = (selector) => root.querySelector(selector);
    this.clips = [];
    this.chosen = 0;
    this.undone = [];
    this.done = [];
    this.sequence = 0;
    this.abort = new AbortController();
    this.player = new Player(this.q(".player"), {
      moved: (half, seconds) => { this.trimmer.setHead(half, seconds); this.sketchHere(half); }, ended: () => {},
      action: (step) => this.choose(this.chosen + step), loopOf: () => this.loopOf(),
    });
    for (const entry of overlays) this.player.add(entry.make(this.player));
    this.plate = Object.assign(document.createElement("div"), { className: "plate" });
    this.q(".stage").append(this.plate);
    this.sketch = new Sketch(this.player, { changed: (strokes) => this.setFreeze(this.drawing, { strokes }), ended: () => this.drawOn(null) });
    this.drawing = null; // time of the frozen picture that is drawn on
    this.trimmer = new Trimmer(this.q(".trim"), {
      seek: (seconds) => this.player.seek(seconds), set: (edge, seconds, final) => this.setEdge(edge, seconds, final),
      here: (edge) => this.edgeHere(edge), mark: () => this.mark(), nudge: (edge, frames) => this.nudge(edge, frames),
    });
    this.reel = new Reel(this.q(".reel-card"), {
      choose: (index) => this.choose(index), move: (from, to) => this.move(from, to), drop: (index) => this.drop(index),
      undo: () => this.undo(), redo: () => this.redo(),
    });
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("change", (event) => this.input(event.target));
    window.addEventListener("keydown", (event) => this.key(event), { signal: this.abort.signal });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
    root.workspace = this; // for tests
  }

  // --- data ------------------------------------------------------------------------------------------

  async update(data) {
    this.path = location.pathname;
    this.theme = themeOf(this.root);
    applyTheme(this.root, this.theme);
    const match = !this.data || this.data.match !== data.match;
    this.newest = data;
    showParts(data);
    if (match) await this.openMatch(data);
    if (this.newest !== data) return; // a newer run came in meanwhile
    const ours = data.answered >= this.sequence; // what was changed here has all been answered
    if (match || ours) this.adopt(data, match);
    this.data = data;
    const waited = !match && !this.player.source;
    this.player.update(data, this.arrays);
    this.draw();
    if (match) this.choose(0);
    else if (waited && this.player.source) this.choose(this.chosen); // its video has been prepared meanwhile
    this.root.dataset.ready = data.match;
  }

  async openMatch(data) {
    this.root.dataset.ready = "";
    this.arrays = new Map();
    this.tables = new Map();
    this.sequence = data.answered;
    await Promise.all(data.halves.map(async (half) => {
      const arrays = half.array ? await new HalfArrays(half, data.classes.length, data.arrays).load() : await bare(half);
      this.arrays.set(half.half, arrays);
      this.tables.set(half.half, new FrameTable(arrays.frameTimes));
    }));
  }

  /** Take the clips as they are kept; what is on screen already stays as it is. */
  adopt(data, match) {
    const other = match || data.selection !== this.selection;
    const changed = JSON.stringify(data.clips) !== JSON.stringify(this.clips);
    // A selection that has just been made of what was on screen is no other one.
    if (other && changed) { this.done = []; this.undone = []; this.chosen = 0; }
    if (changed) this.clips = data.clips;
    this.margins = data.margins;
    this.selection = data.selection;
    this.revision = data.revision;
    this.chosen = Math.min(this.chosen, Math.max(0, this.clips.length - 1));
    if (other && changed && !match) this.choose(0);
  }

  get clip() { return this.clips[this.chosen] ?? null; }
  action(label) { return this.data.classes.find((c) => c.name === label) ?? { short: label, group: "flow", glyph: "other", light: "#606C7A", dark: "#9AA6B2" }; }
  half(number) { return this.data.halves.find((h) => h.half === number); }

  // --- changing --------------------------------------------------------------------------------------

  /** Change the clips; what was before can be had again. */
  change(clips, chosen = this.chosen, margins = this.margins) {
    this.done.push({ clips: this.clips, chosen: this.chosen, margins: this.margins });
    this.undone = [];
    this.put({ clips, chosen, margins });
  }

  put({ clips, chosen, margins }) {
    const before = this.clip;
    this.clips = clips;
    this.margins = margins;
    this.chosen = Math.max(0, Math.min(chosen, clips.length - 1));
    this.draw();
    if (this.clip && this.clip.time !== before?.time) this.choose(this.chosen);
    this.send();
  }

  undo() { this.swap(this.done, this.undone); }
  redo() { this.swap(this.undone, this.done); }
  swap(from, to) {
    const state = from.pop();
    if (!state) return;
    to.push({ clips: this.clips, chosen: this.chosen, margins: this.margins });
    this.put(state);
  }

  send() {
    clearTimeout(this.waiting);
    this.sequence++;
    this.waiting = setTimeout(() => {
      const { selection, revision, sequence, clips, margins } = this;
      this.tell("changed", { selection, revision, sequence, clips, margins });
    }, PATIENCE);
  }

  edit(values) { this.change(this.clips.map((clip, index) => (index === this.chosen ? whole({ ...clip, ...values }) : clip))); }

  slowAll() { this.change(this.clips.map((clip) => ({ ...clip, slow: this.clip.slow }))); }

  move(from, to) {
    if (from === to || to < 0 || to >= this.clips.length) return;
    const clips = [...this.clips];
    clips.splice(to, 0, ...clips.splice(from, 1));
    this.change(clips, to);
  }

  drop(index) {
    if (index < this.clips.length) this.change(this.clips.filter((_, i) => i !== index), index);
  }

  /** A stretch of one's own around the playhead. */
  mark() {
    if (this.player.half === null) return;
    const half = this.player.half, at = micro(this.player.time), end = micro(this.half(half).duration);
    const clip = {
      half, start: Math.max(0, at - MARK_REACH), end: Math.min(end, at + MARK_REACH), label: MARK, time: null,
      team: "unknown", confidence: null, caption: "", note: "", slow: 1, freezes: [],
    };
    this.change([...this.clips, clip], this.clips.length);
    this.choose(this.clips.length - 1, false);
  }

  // --- frozen pictures -------------------------------------------------------------------------------

  frameOf(time) { return this.tables.get(this.clip.half).at(time / 1e6 + 0.0005); }

  /** The frozen picture of the chosen clip that shows the frame on screen. */
  freezeHere() {
    if (!this.clip || this.player.half !== this.clip.half) return null;
    return this.clip.freezes.find((freeze) => this.frameOf(freeze.time) === this.player.frame) ?? null;
  }

  /** Stand still at the frame on screen, or draw on where the clip does so already. */
  freeze() {
    const clip = this.clip;
    if (!clip || this.player.half !== clip.half) return;
    this.player.video.pause();
    const known = this.freezeHere(), time = micro(this.tables.get(clip.half).times[this.player.frame]);
    if (!known) {
      if (time < clip.start || time >= clip.end || clip.freezes.length >= MOST_FREEZES) return;
      this.edit({ freezes: [...clip.freezes, { time, seconds: STANDS, strokes: [] }].sort((a, b) => a.time - b.time) });
    }
    this.drawOn(known?.time ?? time);
  }

  setFreeze(time, values) {
    this.edit({ freezes: this.clip.freezes.map((freeze) => (freeze.time === time ? { ...freeze, ...values } : freeze)) });
  }

  dropFreeze(time) {
    if (this.drawing === time) this.drawing = null;
    this.edit({ freezes: this.clip.freezes.filter((freeze) => freeze.time !== time) });
  }

  /** Draw on a frozen picture of the chosen clip, or leave off. */
  drawOn(time) {
    this.drawing = time;
    if (time !== null) { this.player.video.pause(); this.player.open(this.clip.half, time / 1e6 + 0.0005); }
    this.draw();
  }

  /** Show what is drawn on the frame on screen; drawing ends when another frame is. */
  sketchHere(half = this.player.half) {
    const freeze = half === this.clip?.half ? this.freezeHere() : null;
    this.sketch.show(freeze, Boolean(freeze) && freeze.time === this.drawing && this.player.video.paused);
  }

  // --- edges -----------------------------------------------------------------------------------------

  /**
   * Put an edge on a frame: the in point on its beginning, the out point on its end. One that is pulled past the other
   * stops beside it, so that one frame stays.
   */
  frameEdge(edge, seconds) {
    const { clip } = this, table = this.tables.get(clip.half), wanted = table.at(Math.max(0, seconds));
    const frame = edge === "start" ? Math.min(wanted, this.lastFrame(clip, table)) : Math.max(wanted, table.at(clip.start / 1e6));
    return edge === "start" ? micro(table.times[frame]) : this.endOf(table, frame);
  }

  /** The last frame that a clip shows: its out point stands at that one's end. */
  lastFrame(clip, table) { return table.before(clip.end / 1e6); }

  endOf(table, frame) { return frame < table.last ? micro(table.times[frame + 1]) : micro(this.half(this.clip.half).duration); }

  setEdge(edge, seconds, final) {
    const { clip } = this;
    if (!clip) return;
    const at = this.frameEdge(edge, seconds);
    if (final && at !== clip[edge]) this.edit({ [edge]: at });
    else this.trimmer.preview({ ...clip, [edge]: at }); // of what stays as it was the clip itself
  }

  edgeHere(edge) {
    const { clip, player } = this;
    if (!clip || player.half !== clip.half) return;
    const table = this.tables.get(clip.half), { frame } = player;
    if (edge === "start" ? frame <= this.lastFrame(clip, table) : frame >= table.at(clip.start / 1e6)) this.setEdge(edge, player.time, true);
  }

  nudge(edge, frames) {
    const clip = this.clip;
    if (!clip) return;
    const table = this.tables.get(clip.half);
    const frame = (edge === "start" ? table.at(clip.start / 1e6) : this.lastFrame(clip, table)) + frames;
    if (frame < 0 || frame > table.last) return;
    this.setEdge(edge, table.times[frame], true);
    this.player.open(clip.half, table.times[frame]);
  }

  setMargin(label, side, value) {
    const before = this.margins[label], own = [...before];
    own[side] = Math.max(0, Number(value));
    if (!Number.isFinite(own[side]) || own[0] + own[1] <= 0) { this.draw(); return; }
    const clips = this.clips.map((clip) => {
      if (clip.label !== label || clip.time === null) return clip;
      const end = micro(this.half(clip.half).duration), at = (margins) => [Math.max(0, clip.time - micro(margins[0])), Math.min(end, clip.time + micro(margins[1]))];
      const [start, stop] = at(before), [newStart, newStop] = at(own);
      // An edge that was trimmed by hand stays where it was put.
      return { ...clip, start: Math.abs(clip.start - start) <= 1 ? newStart : clip.start, end: Math.abs(clip.end - stop) <= 1 ? newStop : clip.end };
    });
    this.change(clips.map((c) => whole(c.end > c.start ? c : { ...c, end: c.start + 1 })), this.chosen, { ...this.margins, [label]: own });
  }

  // --- showing ---------------------------------------------------------------------------------------

  choose(index, seek = true) {
    if (!this.clips.length) { this.draw(); return; }
    this.chosen = Math.max(0, Math.min(index, this.clips.length - 1));
    this.drawing = null;
    const clip = this.clip, known = this.data?.classes.find((c) => c.name === clip.label) ?? null;
    this.player.setAction(known);
    if (seek) this.player.open(clip.half, (clip.time ?? clip.start) / 1e6);
    this.trimmer.show(clip, true);
    this.draw();
  }

  loopOf() {
    const clip = this.clip;
    return clip && { half: clip.half, start: clip.start / 1e6, end: clip.end / 1e6 - 0.02, label: "clip" };
  }

  draw() {
    if (!this.newest) return;
    this.data ??= this.newest;
    const clip = this.clip;
    this.trimmer.update({ arrays: this.arrays, tables: this.tables, theme: this.theme, action: clip && this.action(clip.label), half: clip && this.half(clip.half), rate: this.data.rate });
    this.trimmer.show(clip, false);
    this.drawClip();
    this.drawMargins();
    this.reel.show({ clips: this.clips, chosen: this.chosen, theme: this.theme, action: (label) => this.action(label), picture: (c) => this.picture(c), undo: this.done.length, redo: this.undone.length });
    this.plate.textContent = clip?.caption ?? "";
    this.sketchHere();
    this.player.refreshLoop();
  }

  picture(clip) {
    const frame = this.tables.get(clip.half).at((clip.time ?? clip.start) / 1e6);
    return `${this.half(clip.half).picture}?frame=${frame}&width=320`;
  }

  drawClip() {
    const clip = this.clip, card = this.q(".clip-card");
    if (!clip) { this.fillCard(card, html`<p class="empty">No clip is chosen. Choose spots above, or press <kbd>M</kbd> to mark what is on screen.</p>`); return; }
    const table = this.tables.get(clip.half), frames = this.lastFrame(clip, table) - table.at(clip.start / 1e6) + 1;
    const arrow = (edge, step) => html`<button class="ic" data-nudge="${edge},${step}" title="${step < 0 ? "One frame earlier" : "One frame later"}" aria-label="${edge === "start" ? "In" : "Out"} one frame ${step < 0 ? "earlier" : "later"}">${icon(step < 0 ? "left" : "right", 14, 1.8)}</button>`;
    const edge = (name, key) => html`<div class="row"><span>${name}</span><span class="spring"></span><span class="time" data-time="${key}">${matchClock(clip.half, clip[key] / 1e6, 2)}</span>${arrow(key, -1)}${arrow(key, 1)}</div>`;
    const speeds = SPEEDS.map((s) => html`<option value="${s}" ${s === clip.slow ? "selected" : ""}>${s === 1 ? "off" : `${100 * s}%`}</option>`);
    const focused = this.root.getRootNode().activeElement?.dataset?.set;
    this.fillCard(card, html`
      <div class="head"><span class="title">${this.action(clip.label).short} at ${matchClock(clip.half, (clip.time ?? clip.start) / 1e6)}</span><span class="spring"></span><span class="caption whole">clip ${this.chosen + 1} of ${this.clips.length}</span></div>
      ${edge("In", "start")}${edge("Out", "end")}
      <div class="row"><span>Length</span><span class="spring"></span><span class="length">${((clip.end - clip.start) / 1e6).toFixed(2)} s, ${frames} frames</span></div>
      <label class="row"><span>Slow motion</span><span class="spring"></span><select class="field" data-set="slow" title="${this.slowTitle(clip)}" style="flex:0 0 68px;padding:3px 6px">${speeds}</select><button class="button small" data-do-clip="slow-all" title="All ${this.clips.length} clips at this speed" ${this.clips.every((c) => c.slow === clip.slow) ? "disabled" : ""}>For all</button></label>
      ${this.freezes(clip)}
      <label class="row"><span>Caption</span><input class="field" data-set="caption" maxlength="120" value="${clip.caption}" placeholder="${this.suggested(clip)}"></label>
      <div class="row"><span>Note for the coach</span></div>
      <textarea data-set="note" maxlength="2000" aria-label="Note for the coach">${clip.note}</textarea>
      <div class="foot"><a class="button" href="match?match=${encodeURIComponent(this.data.match)}&half=${clip.half}&t=${((clip.time ?? clip.start) / 1e6).toFixed(3)}" target="_self">Open in Match</a>
      <button class="button ghost" data-do-clip="drop">${icon("close", 13)}Drop</button></div>`);
    if (focused) card.querySelector(`[data-set=${focused}]`)?.focus({ preventScroll: true });
  }

  /** Whether something is being typed into a card; if so, it is drawn anew once that has been told. */
  isTyped(card, draw) {
    const typed = card.querySelector(":is(input, textarea):focus");
    if (!typed || typed.value === typed.defaultValue) return false;
    typed.addEventListener("blur", draw, { once: true });
    return true;
  }

  /** What changes nothing draws nothing anew, so that focus and selection stay. */
  fillCard(card, markup) {
    if (isFilledWith(card, markup) || this.isTyped(card, () => this.drawClip())) return;
    fillChanged(card, markup);
  }

  freezes(clip) {
    const row = (freeze) => html`<div class="row freeze"><button class="link" data-freeze="${freeze.time}" data-act="draw" title="Show it and draw on it">${matchClock(clip.half, freeze.time / 1e6, 2)}</button><span class="muted">${freeze.strokes.length} drawn</span><span class="spring"></span>
      <input type="number" class="field" min="${STANDS_LEAST}" max="${STANDS_MOST}" step="0.5" value="${freeze.seconds}" data-stands="${freeze.time}" aria-label="Seconds that the picture stands"><span>s</span>
      <button class="ic" data-freeze="${freeze.time}" data-act="drop" title="Do not stand still here" aria-label="Do not stand still at ${matchClock(clip.half, freeze.time / 1e6, 2)}">${icon("close", 13)}</button></div>`;
    return html`<div class="row"><span>Stand still</span><span class="spring"></span><button class="button small" data-do-clip="freeze" title="Freeze the frame on screen, and draw on it (D)">Freeze and draw <kbd>D</kbd></button></div>${clip.freezes.map(row)}`;
  }

  slowTitle(clip) {
    const heard = this.half(clip.half)?.sound;
    const words = [clip.time === null ? "Of the whole clip" : "Around the spot", heard && "slow pictures have no sound"];
    return words.filter(Boolean).join("; ");
  }

  suggested(clip) {
    const team = this.data.teams[clip.team];
    return team ? `${this.action(clip.label).short}, ${team}` : this.action(clip.label).short;
  }

  drawMargins() {
    if (this.isTyped(this.q(".margins-card"), () => this.drawMargins())) return;
    const labels = this.data.classes.filter((c) => this.clips.some((clip) => clip.label === c.name));
    const rows = labels.map((c) => {
      const [lead, lag] = this.margins[c.name], field = (side, value, word) => html`<input type="number" min="0" max="600" step="0.5" data-margin="${c.name}" data-side="${side}" value="${value}" aria-label="Seconds ${word} ${c.short}">`;
      return html`<div class="margin">${glyph(c, this.theme, 18)}<span title="${c.name}">${c.short}</span>${field(0, lead, "before")}${field(1, lag, "after")}</div>`;
    });
    fill(this.q(".margins-card"), html`<div class="head"><span>Lead and lag</span><span class="spring"></span><span class="caption">s before, after</span></div><div class="margins">${rows}</div>`);
  }

  resize() {
    this.root.classList.toggle("narrow", this.root.clientWidth < 960);
    this.player.resize();
    if (this.data) this.trimmer.draw();
  }

  // --- acting ----------------------------------------------------------------------------------------

  click(event) {
    const nudge = event.target.closest("[data-nudge]")?.dataset.nudge;
    if (nudge) { const [edge, step] = nudge.split(","); this.nudge(edge, Number(step)); }
    const name = event.target.closest("[data-do-clip]")?.dataset.doClip;
    if (name) ({ drop: () => this.drop(this.chosen), freeze: () => this.freeze(), "slow-all": () => this.slowAll() })[name]();
    const { freeze, act } = event.target.closest("[data-freeze]")?.dataset ?? {};
    if (freeze) ({ draw: () => this.drawOn(Number(freeze)), drop: () => this.dropFreeze(Number(freeze)) })[act]();
  }

  input(field) {
    const name = field.dataset.set;
    if (field.matches("input, textarea")) field.defaultValue = field.value; // it has been told
    if (name === "slow") this.edit({ slow: Number(field.value) });
    else if (name) this.edit({ [name]: field.value.trim() });
    else if (field.dataset.stands) this.setFreeze(Number(field.dataset.stands), { seconds: Math.min(STANDS_MOST, Math.max(STANDS_LEAST, Number(field.value) || STANDS)) });
    else if (field.dataset.margin) this.setMargin(field.dataset.margin, Number(field.dataset.side), field.value);
  }

  key(event) {
    const at = event.composedPath()[0];
    const writing = at?.matches?.("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]");
    if (writing || !this.data || document.querySelector("[role=dialog]")) return;
    if (location.pathname !== this.path) return; // it has lost its place because another page was opened
    const player = this.player, jump = (s) => player.seek(player.time + s);
    if (event.ctrlKey || event.metaKey) {
      const again = event.key.toLowerCase() === "y" || event.shiftKey;
      if (!["z", "y"].includes(event.key.toLowerCase())) return;
      event.preventDefault();
      if (again) this.redo(); else this.undo();
      return;
    }
    if (event.altKey) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { event.preventDefault(); this.move(this.chosen, this.chosen + step); }
      return;
    }
    const actions = {
      " ": () => player.toggle(), ArrowLeft: () => (event.shiftKey ? jump(-5) : player.step(-1)), ArrowRight: () => (event.shiftKey ? jump(5) : player.step(1)),
      j: () => jump(-2), k: () => { player.speed(1); player.video.pause(); }, l: () => { player.speed(player.video.paused ? 1 : Math.min(8, player.video.playbackRate * 2)); player.video.play(); },
      n: () => this.choose(this.chosen + 1), p: () => this.choose(this.chosen - 1), o: () => player.toggleLoop(),
      i: () => this.edgeHere("start"), u: () => this.edgeHere("end"), m: () => this.mark(), d: () => this.freeze(), Delete: () => this.drop(this.chosen),
      ...player.keys, s: () => player.command("sound"), f: () => player.command("full"),
    };
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    if (event.key === " " && at?.blur && at !== document.body) at.blur();
    action();
  }

  destroy() {
    this.abort.abort();
    clearTimeout(this.waiting);
    this.observer.disconnect();
    this.sketch.destroy();
    this.player.destroy();
    delete this.root.workspace; // if the element is used again, it gets a desk that listens
  }
}

/** A clip that shows all its frozen pictures: an edge goes no further than the outermost of them. */
function whole(clip) {
  const times = clip.freezes.map((freeze) => freeze.time);
  return { ...clip, start: Math.min(clip.start, ...times), end: Math.max(clip.end, ...times.map((time) => time + 1)) };
}

/** What the player needs of a half that was not analysed. */
async function bare(half) {
  const answer = await fetch(half.times); // there is one: without a video no desk is shown
  if (!answer.ok) throw new Error("the video has changed; reload the page");
  return { frameTimes: new Float64Array(await answer.arrayBuffer()), entitiesReady: async () => null, mapReady: async () => null };
}

/** Called by the component at every run of the page. */
export async function mount(component) {
  const { data, parentElement, tell } = component;
  const [overlays] = await Promise.all([entriesOf(data.shown), loadTokens(data.scripts)]);
  const root = parentElement.querySelector(".desk");
  const desk = (root.workspace ??= new Desk(root, overlays));
  desk.tell = tell;
  desk.update(data).catch((error) => {
    root.dataset.failed = error.message;
    desk.player.note(`These clips could not be loaded: ${error.message}.`);
  });
  return desk;
}
