// The player: one video element for both halves, the overlay locked to the presented frame, transport and layers.

import { fill, html, insert } from "../markup.js";
import { entitiesAt } from "./box_tracks.js";
import { FrameTable, halfClock, nearest, partClock, partTitle } from "./time.js";
import { icon } from "./theme.js";
import { Overlay } from "./overlay.js";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8];

export class Player {
  /**
   * @param root element that gets the player
   * @param hooks {moved(half, seconds), ended(), action(step), loopOf() -> {start, end, label} | null,
   *   shotAt(half, seconds) -> {start, end} | null}
   */
  constructor(root, hooks) {
    this.hooks = { shotAt: () => null, ...hooks }; // who plays clips knows of no shots
    this.root = root;
    fill(root, template());
    this.q = (selector) => root.querySelector(selector);
    this.video = this.q("video");
    this.overlay = new Overlay(this.q(".overlay"));
    this.arrays = new Map();
    this.half = null;
    this.frame = 0;
    this.loop = null;
    this.stats = { frames: 0, overlay: 0, seeks: [] };
    this.fetched = {}; // what the layers need of this half
    this.inBar = new Map(); // the elements of each layer in the bar
    this.listen();
  }

  /** Give a layer of the overlay its place, in front first. */
  add(layer) {
    const bar = this.q(".layers"), before = new Set(bar.children);
    this.overlay.layers.unshift(layer);
    if (layer.legend) insert(this.q(".layers .spring"), "beforebegin", layer.legend);
    if (layer.controls) insert(this.q(".layers .spring"), "afterend", layer.controls);
    this.inBar.set(layer, [...bar.children].filter((part) => !before.has(part)));
  }

  /** What the layers do at keys. */
  get keys() { return Object.assign({}, ...this.overlay.layers.map((layer) => layer.keys)); }

  listen() {
    const video = this.video;
    video.addEventListener("play", () => { this.button(); this.follow(); });
    video.addEventListener("pause", () => this.afterPause());
    video.addEventListener("seeked", () => this.afterSeek());
    video.addEventListener("loadeddata", () => { this.overlay.resize(); this.q(".stage-note").hidden = true; this.show(video.currentTime); });
    video.addEventListener("ended", () => this.hooks.ended());
    video.addEventListener("error", () => this.fail());
    video.addEventListener("click", () => this.toggle());
    video.addEventListener("ratechange", () => (this.q("[data-do=speed]").textContent = `${video.playbackRate}×`));
    this.root.addEventListener("click", (event) => {
      const name = event.target.closest("[data-do]")?.dataset.do;
      if (name) this.command(name);
    });
    this.root.addEventListener("input", (event) => this.option(event.target));
  }

  command(name) {
    const actions = {
      play: () => this.toggle(), back: () => this.step(-1), on: () => this.step(1),
      previous: () => this.hooks.action(-1), next: () => this.hooks.action(1),
      speed: () => this.speed(SPEEDS[(SPEEDS.indexOf(this.video.playbackRate) + 1) % SPEEDS.length] ?? 1),
      loop: () => this.toggleLoop(), sound: () => this.mute(!this.video.muted),
      full: () => (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen?.()),
    };
    actions[name]?.();
  }

  option(input) {
    const options = this.overlay.options, name = input.dataset.option;
    if (!name) return;
    options[name] = input.type === "checkbox" ? input.checked : input.type === "range" ? input.value / 100 : input.value;
    for (const layer of this.overlay.layers) layer.changed?.(name, input);
    this.redraw();
  }

  /** Set a layer on or off by key. */
  toggleOption(name) {
    const box = this.q(`input[data-option=${name}]`);
    box.checked = !box.checked;
    this.option(box);
  }

  /** Take new data: halves with their arrays, entity names, map description. */
  update(data, arrays) {
    const other = arrays !== this.arrays; // of another analysis: what was drawn is not of this one
    this.data = data;
    this.arrays = arrays;
    for (const layer of this.overlay.layers) layer.offer?.(data);
    for (const [layer, parts] of this.inBar) for (const part of parts) part.hidden = !layer.has(data);
    this.q(".unmapped").textContent = data.unmapped ?? "";
    this.q(".layers").hidden = !data.unmapped && !this.overlay.layers.some((layer) => layer.has(data));
    this.renew(false);
    if (other) { this.fetched = {}; this.overlay.clear(); this.prepare(); } else this.redraw(); // a layer may have come
    if (this.interrupted) { this.interrupted = false; this.video.play(); } // the player has got another place on the page
  }

  /**
   * Open the half again if its video has become ready, or, after a failure, if its link has been renewed.
   * A link that is renewed while the old one still plays is left for later.
   */
  renew(failed) {
    const source = this.half !== null && this.data.halves.find((h) => h.half === this.half);
    if (!source) return false;
    if (!source.video) { this.note(source.note); return false; }
    if (source.video === this.source || (this.source && !failed)) return false;
    this.open(this.half, this.time, false, true);
    return true;
  }

  /** Class whose map is shown. */
  setAction(action) {
    this.action = action;
    this.prepare();
  }

  /** Fetch what the layers need of this half, then draw. */
  async prepare() {
    const arrays = this.arrays.get(this.half);
    if (!arrays) return;
    const action = this.action;
    try {
      const fetched = await Promise.all(this.overlay.layers.map((layer) => layer.fetch?.(arrays, action)));
      if (arrays === this.arrays.get(this.half) && action === this.action) {
        this.fetched = Object.assign({}, ...fetched);
        this.redraw();
      }
    } catch (error) {
      this.note(`The overlay could not be loaded: ${error.message}.`);
    }
  }

  /** Show a moment of a half; `again` loads its video anew. */
  open(half, seconds, play = false, again = false) {
    const source = this.data.halves.find((h) => h.half === half);
    if (!source) return;
    if (this.half !== half || !this.source || again) {
      this.half = half;
      this.source = source.video;
      this.fetched = {};
      this.table = new FrameTable(this.arrays.get(half).frameTimes);
      this.overlay.clear();
      if (source.video) {
        this.video.src = source.video;
        this.video.poster = source.poster ?? "";
        this.prepare();
      } else this.note(source.note);
    }
    this.seek(seconds);
    if (play && source.video) this.video.play();
  }

  get time() { return this.table ? this.table.times[this.frame] : 0; }

  /** Show the frame that is on screen at a time. */
  seek(seconds) {
    if (!this.table) return;
    this.seekFrame(this.table.at(Math.max(0, seconds)));
  }

  seekFrame(frame) {
    frame = Math.max(0, Math.min(this.table.last, frame));
    this.frame = frame;
    this.seekStarted = performance.now();
    this.video.currentTime = this.table.middle(frame);
    this.clock();
    this.hooks.moved(this.half, this.time, false);
  }

  step(frames) {
    this.video.pause();
    if (this.table) this.seekFrame(this.frame + frames);
  }

  toggle() {
    if (!this.source) return;
    if (this.video.paused) this.video.play(); else this.video.pause();
  }

  speed(rate) { this.video.playbackRate = rate; }

  mute(silent) {
    this.video.muted = silent;
    fill(this.q("[data-do=sound]"), icon(silent ? "silent" : "sound"));
  }

  toggleLoop() {
    this.loop = this.loop ? null : this.hooks.loopOf();
    this.describeLoop();
    if (this.loop) { this.open(this.loop.half, this.loop.start, true); }
  }

  /** The loop follows the chosen action. */
  refreshLoop() {
    if (this.loop) this.loop = this.hooks.loopOf();
    this.describeLoop();
  }

  describeLoop() {
    const button = this.q("[data-do=loop]"), range = this.loop ?? this.hooks.loopOf();
    button.classList.toggle("on", Boolean(this.loop));
    button.disabled = !range;
    button.querySelector("span").textContent = range ? `Loop ${range.label}` : "Loop";
  }

  /** While playing, draw at every presented frame. */
  follow() {
    const present = (_now, meta) => {
      this.stats.frames++;
      this.show(meta.mediaTime);
      if (this.loop && this.half === this.loop.half && meta.mediaTime >= this.loop.end) this.seek(this.loop.start);
      if (!this.video.paused) this.video.requestVideoFrameCallback(present);
    };
    this.video.requestVideoFrameCallback(present);
  }

  /**
   * The browser may have put one more frame on screen after the last that was drawn over; the one that was drawn over
   * is sought, so that picture, overlay and clock are of one frame.
   */
  afterPause() {
    this.interrupted = !this.video.isConnected;
    this.button();
    if (this.video.paused && !this.video.ended && !this.interrupted && this.table) this.seekFrame(this.frame);
    else this.hooks.moved(this.half, this.time, true);
  }

  afterSeek() {
    if (this.seekStarted) this.stats.seeks.push(performance.now() - this.seekStarted);
    this.seekStarted = 0;
    this.show(this.video.currentTime);
    if (this.video.paused) this.hooks.moved(this.half, this.time, true);
  }

  /** A frame has been presented. */
  show(mediaTime) {
    if (!this.table || this.video.readyState < 2) return;
    this.frame = this.table.at(mediaTime);
    this.clock();
    this.redraw();
    this.hooks.moved(this.half, this.time, false);
  }

  redraw() {
    const arrays = this.arrays.get(this.half);
    if (!arrays?.samples || !this.table || this.video.readyState < 2) return;
    const started = performance.now(), time = this.time, sample = nearest(arrays.samples, time);
    const moment = arrays.samples[sample], shotAt = (seconds) => this.hooks.shotAt(this.half, seconds);
    const { entities } = this.fetched, rows = entities ? entitiesAt(entities, arrays.samples, { sample, moment, time }, shotAt) : [];
    const scene = { ...this.fetched, rows, video: this.video, sample, moment, time, distance: time - moment, spacing: 1 / this.data.rate };
    this.overlay.draw(scene);
    for (const layer of this.overlay.layers) layer.drawn?.(scene);
    this.stats.overlay += performance.now() - started;
  }

  clock() {
    const text = partClock(this.half, this.time, 2), dot = text.indexOf("."), whole = dot < 0 ? text.length : dot;
    this.q(".clock").firstChild.nodeValue = text.slice(0, whole);
    this.q(".clock span").textContent = text.slice(whole);
    this.q(".where").textContent = `${partTitle(this.half)}, ${halfClock(this.time, 2).replace(/^0/, "")}`;
    this.q(".number").textContent = `, frame ${this.frame}`;
  }

  button() {
    const button = this.q("[data-do=play]");
    fill(button, icon(this.video.paused ? "play" : "pause"));
    button.title = this.video.paused ? "Play (Space)" : "Pause (Space)";
  }

  fail() {
    if (this.source && !this.renew(true)) this.note("The browser cannot play this video. Reload the page; if it stays so, the file has changed or its link has expired.");
  }

  /** A message in the place of the picture, or null for the picture. */
  note(text) {
    const note = this.q(".stage-note");
    note.textContent = text;
    note.hidden = text === null;
  }

  resize() {
    this.overlay.resize();
    this.redraw();
  }

  destroy() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}

const button = (name, title, inner, extra = "") => html`<button class="ic ${extra}" data-do="${name}" title="${title}" aria-label="${title}">${inner}</button>`;

function template() {
  return html`
  <div class="stage">
    <video aria-label="Broadcast" playsinline muted preload="auto"></video>
    <canvas class="overlay" role="img" aria-label="Boxes, names and map over the picture"></canvas>
    <div class="stage-note" hidden></div>
    <div class="layers">
      <span class="unmapped"></span><span class="spring"></span>
    </div>
  </div>
  <div class="transport">
    ${button("previous", "Previous action (P)", icon("previous"))}${button("back", "One frame back (←)", icon("left", 16, 1.8))}
    ${button("play", "Play (Space)", icon("play"), "solid")}
    ${button("on", "One frame on (→)", icon("right", 16, 1.8))}${button("next", "Next action (N)", icon("next"))}
    <span class="clock">00:00<span>.00</span></span><span class="caption"><span class="where"></span><span class="number wide"></span></span><span class="spring"></span>
    ${button("sound", "Sound (S)", icon("silent"))}
    <button class="button ghost" data-do="speed" title="Speed (J, L; K stops)">1×</button>
    <button class="button loop" data-do="loop" title="Loop the chosen action (O)">${icon("loop", 14)}<span>Loop</span></button>
    ${button("full", "Whole screen (F)", icon("full"))}
  </div>`;
}
