// The trim strip: in and out points of the chosen clip over the curve of its class, dragged or moved by keys.

import { fill, html } from "../markup.js";
import { classColour } from "../workspace/theme.js";
import { matchClock, nearest } from "../workspace/time.js";

const ROOM = 0.35; // of the clip's length that is shown on either side
const LEAST_ROOM = 3; // seconds
const TOP = 4, TALL = 46;

export class Trimmer {
  /** @param hooks {seek(seconds), set(edge, seconds, final), here(edge), mark(), nudge(edge, frames)} */
  constructor(root, hooks) {
    this.hooks = hooks;
    fill(root, html`<div class="trim-row">
      <button class="button small" data-trim="start" title="In point at this frame (I)">In <kbd>I</kbd></button>
      <button class="button small" data-trim="end" title="Out point at this frame (U)">Out <kbd>U</kbd></button>
      <span class="spring"></span><span class="caption edges"></span><span class="spring"></span>
      <button class="button small" data-trim="mark" title="A new clip around this frame (M)">Mark <kbd>M</kbd></button></div>
      <svg class="strip" role="group" aria-label="In and out points"></svg>`);
    this.svg = root.querySelector("svg");
    this.edges = root.querySelector(".edges");
    root.addEventListener("click", (event) => {
      const name = event.target.closest("[data-trim]")?.dataset.trim;
      if (name === "mark") hooks.mark(); else if (name) hooks.here(name);
    });
    this.svg.addEventListener("pointerdown", (event) => this.grab(event));
    this.svg.addEventListener("pointermove", (event) => this.drag(event));
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  update(scene) { this.scene = scene; }

  /** Show a clip; its surroundings are measured anew where it is another one, or reaches out of what is shown. */
  show(clip, other) {
    this.clip = clip;
    if (!clip) { fill(this.svg, ""); this.edges.textContent = ""; return; }
    const start = clip.start / 1e6, end = clip.end / 1e6;
    if (other || !this.window || this.window.half !== clip.half || start < this.window.from || end > this.window.to) {
      const room = Math.max(LEAST_ROOM, ROOM * (end - start));
      this.window = { half: clip.half, from: Math.max(0, start - room), to: end + room };
    }
    this.draw();
  }

  preview(clip) {
    this.clip = clip;
    this.draw();
  }

  setHead(half, seconds) {
    this.head = { half, seconds };
    const line = this.svg.querySelector(".playhead");
    if (!line || !this.window || half !== this.window.half) { line?.setAttribute("visibility", "hidden"); return; }
    const x = this.x(seconds);
    line.setAttribute("visibility", x < 0 || x > this.wide ? "hidden" : "visible");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  }

  x(seconds) { return ((seconds - this.window.from) / (this.window.to - this.window.from)) * this.wide; }
  seconds(event) {
    const box = this.svg.getBoundingClientRect();
    return this.window.from + ((event.clientX - box.left) / box.width) * (this.window.to - this.window.from);
  }

  draw() {
    if (!this.clip || !this.scene?.tables) return;
    const clip = this.clip, { theme, action } = this.scene;
    this.wide = this.svg.clientWidth || 500;
    this.svg.setAttribute("viewBox", `0 0 ${this.wide} 74`);
    const a = this.x(clip.start / 1e6), b = this.x(clip.end / 1e6), colour = classColour(action, theme), focused = this.svg.getRootNode().activeElement?.dataset?.edge;
    const handle = (edge, at, name) => html`<g class="handle" data-edge="${edge}" tabindex="0" role="slider" aria-label="${name}" aria-valuetext="${matchClock(clip.half, clip[edge] / 1e6, 2)}">
      <rect x="${at - 7}" y="0" width="14" height="54" fill="transparent"/><rect x="${at - 4}" y="2" width="8" height="50" rx="3" fill="var(--accent)"/><path d="M${at} 20v14" stroke="var(--on-accent)" stroke-width="1.5"/></g>`;
    fill(this.svg, html`<rect x="0" y="${TOP}" width="${this.wide}" height="${TALL}" rx="4" fill="var(--hover)"/>
      <rect x="${a}" y="${TOP}" width="${b - a}" height="${TALL}" fill="var(--accent-soft)"/>${this.curve(colour)}
      <rect x="${a}" y="${TOP}" width="${b - a}" height="${TALL}" fill="none" stroke="var(--accent)" stroke-width="2"/>
      ${handle("start", a, "In point")}${handle("end", b, "Out point")}${this.spot(clip, colour)}
      <line class="playhead" y1="0" y2="54" stroke="var(--text)" stroke-width="1.4" pointer-events="none"/>${this.ticks(clip.half)}`);
    this.edges.textContent = `${matchClock(clip.half, clip.start / 1e6, 2)} – ${matchClock(clip.half, clip.end / 1e6, 2)}`;
    if (this.head) this.setHead(this.head.half, this.head.seconds);
    if (focused) this.svg.querySelector(`[data-edge=${focused}]`)?.focus({ preventScroll: true });
  }

  /** Confidence of the clip's class, where the match was analysed. */
  curve(colour) {
    const arrays = this.scene.arrays.get(this.clip.half), index = this.scene.action.index;
    if (!arrays?.scores || index === undefined) return "";
    const first = nearest(arrays.samples, this.window.from), last = nearest(arrays.samples, this.window.to);
    let line = "";
    for (let k = first; k <= last; k++) {
      line += `${line ? "L" : "M"}${this.x(arrays.samples[k]).toFixed(1)} ${(TOP + TALL - (arrays.scores.value(index, k) / 255) * (TALL - 8)).toFixed(1)}`;
    }
    const floor = TOP + TALL;
    return html`<path d="${line}L${this.x(arrays.samples[last])} ${floor}L${this.x(arrays.samples[first])} ${floor}Z" fill="${colour}" opacity=".25"/><path d="${line}" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
  }

  spot(clip, colour) {
    if (clip.time === null) return "";
    const x = this.x(clip.time / 1e6);
    return html`<path d="M${x - 5.5} ${TOP + 1}h11l-5.5 9Z" fill="${colour}" pointer-events="none"><title>The spot</title></path>`;
  }

  ticks(half) {
    const span = this.window.to - this.window.from, most = Math.max(2, this.wide / 58), step = [1, 2, 5, 10, 30, 60, 300].find((s) => span / s <= Math.min(10, most)) ?? 600;
    const marks = [];
    for (let t = Math.ceil(this.window.from / step) * step; t <= this.window.to; t += step) {
      const x = this.x(t);
      if (x > 18 && x < this.wide - 18) marks.push(html`<text x="${x}" y="67">${matchClock(half, t)}</text>`);
    }
    return marks;
  }

  // --- dragging --------------------------------------------------------------------------------------

  grab(event) {
    if (!this.clip) return;
    this.edge = event.target.closest("[data-edge]")?.dataset.edge ?? null;
    this.svg.setPointerCapture(event.pointerId);
    this.held = true;
    if (!this.edge) this.hooks.seek(this.seconds(event));
  }

  drag(event) {
    if (!this.held) return;
    const at = this.seconds(event);
    if (this.edge) this.hooks.set(this.edge, at, false);
    this.hooks.seek(at);
  }

  release(event) {
    if (!this.held) return;
    this.held = false;
    if (this.edge) this.hooks.set(this.edge, this.seconds(event), true);
    this.edge = null;
  }

  key(event) {
    const edge = event.target.closest?.("[data-edge]")?.dataset.edge, step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!edge || !step || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.hooks.nudge(edge, step);
  }
}
