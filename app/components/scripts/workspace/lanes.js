// The lanes: both halves on one clock, drawn on one canvas by the parts that stand here.
//
// What stays is drawn once into a picture behind the canvas; the playhead and what else moves are drawn over it.

import { fill, html, insert } from "../markup.js";
import { Axis, GUTTER, RIGHT } from "./axis.js";
import { laidOut, RULER } from "./layout.js";
import { Pointer } from "./pointer.js";
import { drawRuler } from "./ruler.js";
import { colour } from "./theme.js";
import { matchClock } from "./time.js";

const NAME = "Confidence of every class over the match, what was spotted and what is true";

/** Oblique lines as a pattern that repeats itself without a seam. */
function hatching(pen, ink, step) {
  const ratio = devicePixelRatio, tile = document.createElement("canvas"), own = tile.getContext("2d");
  tile.width = tile.height = step * ratio;
  own.scale(ratio, ratio);
  own.strokeStyle = ink;
  own.lineWidth = 1.2;
  own.beginPath();
  for (const k of [0, 1, 2]) { own.moveTo((k - 1) * step - 1, step + 1); own.lineTo(k * step + 1, -1); }
  own.stroke();
  const pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

export class Lanes extends Axis {
  /** @param workspace whose lanes these are: its player, chosen spot and class are drawn */
  constructor(root, workspace) {
    super();
    this.root = root;
    this.workspace = workspace;
    this.parts = [];
    fill(root, html`<canvas role="img" aria-label="${NAME}" aria-describedby="lanes-in-words"></canvas><ul class="unseen" id="lanes-in-words"></ul><div class="gutter"><span class="caption title"></span><div class="names"></div><div class="captions"></div></div><div class="tip" hidden></div>`);
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.back = document.createElement("canvas");
    this.tip = root.querySelector(".tip");
    this.groups = []; // of classes that have lanes of their own
    this.folded = new Set();
    this.autoFold = null;
    this.halved = false; // whether another system's curves hang in the lower half of every row
    this.head = null;
    this.hatches = new Map();
    this.stats = { draw: 0, draws: 0 };
    this.pointer = new Pointer(this);
  }

  get chosen() { return this.workspace.chosen; }
  get action() { return this.workspace.action; }

  /** Give a part its place, in the order in which they come. */
  add(part) {
    this.parts.push(part);
    if (part.title) this.root.querySelector(".title").textContent = part.title;
    if (part.caption) insert(this.root.querySelector(".captions"), "beforeend", html`<span class="caption strip-caption">${part.caption}</span>`);
  }

  update(data, arrays, theme) {
    const first = !this.data || this.data.match.id !== data.match.id;
    this.data = data;
    this.arrays = arrays;
    this.theme = theme;
    this.setHalves(data.halves);
    if (first) this.view = [0, this.total];
  }

  /** What the lanes show, in words, for readers of the screen: a line a class. */
  describe(lines) { fill(this.root.querySelector("#lanes-in-words"), lines.map((line) => html`<li>${line}</li>`)); }

  // --- places ----------------------------------------------------------------------------------------

  rowOf(index) { return this.rows.find((row) => row.classes.some((c) => c.index === index)); }
  rowAt(y, around = 0) { return this.rows.find((row) => y >= row.y - around && y < row.y + row.height + around); }

  /** Where a row's curve stands: its base and its full height; the upper half of the row beside another system. */
  area(row) {
    return this.halved ? { base: row.y + Math.round(row.height / 2), full: Math.round(row.height / 2) - 1 } : { base: row.y + row.height - 1, full: row.height - 2 };
  }

  stripAt(y) { return this.parts.find((part) => { const box = this.boxes.get(part); return box && y >= box.top && y < box.top + box.tall; }) ?? null; }

  fold(name, others) {
    this.autoFold?.clear();
    if (others) this.folded = new Set(this.groups.map((g) => g.name).filter((n) => n !== name));
    else if (!this.folded.delete(name)) this.folded.add(name);
    this.draw();
  }

  // --- drawing ---------------------------------------------------------------------------------------

  resize() {
    const ratio = devicePixelRatio;
    for (const canvas of [this.canvas, this.back]) {
      canvas.width = Math.round(this.canvas.clientWidth * ratio);
      canvas.height = Math.round(this.canvas.clientHeight * ratio);
    }
    this.draw();
  }

  draw() {
    if (!this.data || !this.canvas.clientWidth || !this.back.width) return;
    const started = performance.now(), ratio = devicePixelRatio, each = (phase) => { for (const part of this.parts) part[phase]?.(this, this.boxes.get(part)); };
    this.measure(this.canvas.clientWidth, this.canvas.clientHeight);
    Object.assign(this, laidOut(this));
    const pen = (this.ink = this.back.getContext("2d"));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    each("behind");
    drawRuler(this);
    each("draw");
    each("marks");
    each("over");
    this.placeCaptions();
    this.stats.draw = performance.now() - started;
    this.stats.draws++;
    this.drawHead();
  }

  placeCaptions() {
    const captioned = this.parts.filter((part) => part.caption), captions = this.root.querySelector(".captions").children;
    captioned.forEach((part, i) => (captions[i].style.top = `${this.boxes.get(part).top + (part.captionTop ?? 1)}px`));
  }

  /** Fill with oblique lines, `step` pixels apart: a pattern, for thousands of strokes are slow to draw. */
  hatch(x, y, w, h, ink, step) {
    const pen = this.ink, key = `${ink}/${step}/${devicePixelRatio}`;
    if (!this.hatches.has(key)) this.hatches.set(key, hatching(pen, ink, step));
    pen.fillStyle = this.hatches.get(key);
    pen.fillRect(x, y, w, h);
  }

  // --- playhead and hover ----------------------------------------------------------------------------

  setHead(half, seconds) {
    this.head = this.common(half, seconds);
    this.headTime = [half, seconds];
    this.drawHead();
  }

  setLoop(loop) { this.loop = loop; this.drawHead(); }

  /** The prepared picture of the lanes, and over it what moves. */
  drawHead() {
    if (!this.back.width || !this.rows) return;
    const pen = this.pen, ratio = devicePixelRatio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.back, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.loop) this.drawLoop(pen);
    const { hover } = this.pointer;
    if (hover) { pen.fillStyle = colour(this.theme, "borderStrong"); pen.fillRect(hover, RULER, 1, this.bottom - RULER); }
    if (this.head === null) return;
    for (const part of this.parts) part.moving?.(this, pen, this.boxes.get(part));
    if (this.head >= this.view[0] && this.head <= this.view[1]) this.drawPlayhead(pen);
  }

  drawLoop(pen) {
    const a = this.xOf(this.loop.half, this.loop.start), b = this.xOf(this.loop.half, this.loop.end);
    pen.fillStyle = colour(this.theme, "accent");
    pen.fillRect(Math.max(GUTTER, a), RULER - 3, Math.max(2, Math.min(GUTTER + this.plot, b) - Math.max(GUTTER, a)), 3.5);
  }

  drawPlayhead(pen) {
    const x = this.xOf(...this.headTime), text = matchClock(...this.headTime, 2);
    pen.fillStyle = colour(this.theme, "text");
    pen.fillRect(x - 0.65, 16, 1.3, this.bottom - 16);
    pen.font = "600 11px Inter, system-ui, sans-serif";
    const w = pen.measureText(text).width + 12, left = Math.max(GUTTER, Math.min(GUTTER + this.plot + RIGHT - w, x - w / 2));
    pen.beginPath();
    pen.roundRect(left, 1.5, w, 16, 4);
    pen.fill();
    pen.fillStyle = colour(this.theme, "surface");
    pen.fillText(text, left + 6, 13.2);
  }
}
