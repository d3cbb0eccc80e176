// Confidence lanes: one lane a class over both halves on one clock, a minimap below, all on one canvas.
//
// Horizontal positions run on a common axis: half 1 from 0, half 2 after it. Where both are in view a gap of
// some pixels stands between them. The curves are drawn column by column from a pyramid of maxima, so a peak
// of one sample is never lost and a redraw costs the same at every zoom.

import { CurveImage } from "./curves.js";
import { drawCameraLines, drawShots } from "./shots.js";
import { classColour, colour, glyph, groupsOf, icon } from "./theme.js";
import { countUpTo, halfClock, matchClock } from "./time.js";

const GUTTER = 146, RULER = 19, MINI = 35, GAP = 3, HALF_GAP = 30, MINI_GAP = 10, RIGHT = 14;
const LEAST_SPAN = 4; // seconds
const FAINT = 0.42;
const MARKED = 1.4; // pixels a second from which marks are drawn in full
const HIT = 7; // pixels around a mark
const LEAST_SHOWN = 3; // of 255: a confidence below it is not drawn
const STEPS = [0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

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

export class Lanes {
  /** @param hooks {seek(half, seconds), pick(spot), threshold(class, value, final)} */
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    root.innerHTML = `<canvas></canvas><div class="gutter"><span class="caption title">Confidence</span><div class="names"></div>
      <span class="caption mini-match">Match</span><span class="caption mini-shots">Shots</span></div><div class="tip" hidden></div>`;
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.back = document.createElement("canvas");
    this.curves = new CurveImage();
    this.tip = root.querySelector(".tip");
    this.folded = new Set();
    this.spots = [];
    this.truth = [];
    this.beside = []; // spots of the other system
    this.changes = []; // ends of shots, where camera changes are reviewed
    this.rejected = [];
    this.camera = null; // the chosen change
    this.head = null;
    this.stats = { draw: 0, draws: 0 };
    this.listen();
  }

  listen() {
    const at = (event) => { const box = this.canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    this.canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.wheel(event, at(event)[0]); }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => this.down(event, ...at(event)));
    this.canvas.addEventListener("pointermove", (event) => this.move(event, ...at(event)));
    this.canvas.addEventListener("pointerup", (event) => this.up(event, ...at(event)));
    this.canvas.addEventListener("pointerleave", () => { this.hover = null; this.tip.hidden = true; this.drawHead(); });
    this.canvas.addEventListener("dblclick", () => this.whole());
    this.root.querySelector(".names").addEventListener("click", (event) => this.gutterClick(event));
  }

  // --- data ------------------------------------------------------------------------------------------

  update(data, arrays, other) {
    this.other = other;
    const first = !this.data || this.data.match.id !== data.match.id;
    this.data = data;
    this.arrays = arrays;
    this.groups = groupsOf(data.classes);
    this.segments = [];
    let start = 0;
    for (const half of data.halves) {
      this.segments.push({ half: half.half, start, length: half.duration, shots: [] });
      start += half.duration;
    }
    this.total = start;
    if (first) this.view = [0, this.total];
  }

  setTheme(theme) { this.theme = theme; }

  /** Spots to draw: [{id, half, seconds, action, confidence, mate}], those above their thresholds; beside them the other system's. */
  setSpots(spots, truth, beside) { this.spots = spots; this.truth = truth; this.beside = beside; }

  /** Shots as the camera changes cut them; `shown`: whether the changes are what is reviewed. */
  setCameras(cameras, shown) {
    for (const s of this.segments) s.shots = cameras.shots(s.half);
    this.rejected = cameras.all.filter((c) => c.review?.state === "rejected");
    this.changes = shown ? cameras.all : [];
    this.camera = shown ? cameras.item : null;
  }

  setChosen(spot, action) { this.chosen = spot; this.action = action; }

  // --- axis ------------------------------------------------------------------------------------------

  common(half, seconds) { const s = this.segments.find((x) => x.half === half); return s ? s.start + seconds : 0; }
  apart(common) {
    const s = this.segments.findLast((x) => common >= x.start) ?? this.segments[0];
    return [s.half, Math.max(0, Math.min(s.length, common - s.start))];
  }
  /** Half-times inside the view, on the common axis. */
  breaks() { return this.segments.slice(1).map((s) => s.start).filter((b) => b > this.view[0] && b < this.view[1]); }
  measure() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.plot = this.width - GUTTER - RIGHT;
    this.scale = (this.plot - HALF_GAP * this.breaks().length) / (this.view[1] - this.view[0]);
  }
  x(common) {
    let x = GUTTER + (common - this.view[0]) * this.scale;
    for (const b of this.breaks()) if (common >= b) x += HALF_GAP;
    return x;
  }
  xOf(half, seconds) {
    const b = this.segments.find((s) => s.half === half);
    const end = b && seconds >= b.length - 1e-9 && this.breaks().includes(b.start + b.length);
    return end ? this.x(b.start + b.length) - HALF_GAP : this.x(this.common(half, seconds));
  }
  /** Common time at a pixel; inside a half-time gap, the half-time. */
  at(x) {
    let left = GUTTER, from = this.view[0];
    for (const b of this.breaks()) {
      const edge = left + (b - from) * this.scale;
      if (x < edge) break;
      if (x < edge + HALF_GAP) return b;
      left = edge + HALF_GAP;
      from = b;
    }
    return from + (x - left) / this.scale;
  }

  setView(from, to) {
    const span = Math.min(this.total, Math.max(LEAST_SPAN, to - from));
    from = Math.max(0, Math.min(this.total - span, from));
    this.view = [from, from + span];
    this.draw();
  }
  zoom(factor, centre) {
    const [a, b] = this.view, c = centre ?? (this.head && this.head >= a && this.head <= b ? this.head : (a + b) / 2);
    this.setView(c - (c - a) * factor, c + (b - c) * factor);
  }
  whole() { this.setView(0, this.total); }
  /** Bring a moment into view, keeping the zoom. */
  reveal(half, seconds) {
    const c = this.common(half, seconds), [a, b] = this.view;
    if (c < a || c > b) this.setView(c - (b - a) / 2, c + (b - a) / 2);
  }

  // --- rows ------------------------------------------------------------------------------------------

  /** Lay out the lanes: rows of {classes, y, height, group}. */
  layout() {
    const span = this.view[1] - this.view[0], close = span <= 30 && this.action;
    const folded = (group) => (close ? !group.classes.some((c) => c.index === this.action.index) : this.folded.has(group.name) || this.autoFold?.has(group.name));
    const room = this.height - RULER - MINI - 2 - GAP * this.groups.length;
    const count = this.groups.reduce((n, g) => n + (folded(g) ? 1 : g.classes.length), 0);
    const height = Math.max(9, Math.min(30, Math.floor(room / count)));
    this.rows = [];
    this.bars = [];
    let y = RULER + 2;
    for (const group of this.groups) {
      const top = y, one = folded(group);
      for (const classes of one ? [group.classes] : group.classes.map((c) => [c])) {
        this.rows.push({ classes, y, height, group, folded: one });
        y += height;
      }
      this.bars.push({ group, top, height: y - top, folded: one });
      y += GAP;
    }
    this.bottom = y - GAP;
    this.lane = height;
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
    if (!this.data || !this.canvas.clientWidth || !this.back.width || !this.theme) return;
    const started = performance.now(), ratio = devicePixelRatio;
    this.measure();
    this.layout();
    const pen = (this.ink = this.back.getContext("2d"));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    this.drawBands();
    this.drawReplays();
    drawCameraLines(this, RULER + 1);
    this.drawRuler();
    this.drawCurves();
    this.drawThresholds();
    this.drawMarks();
    this.drawMini();
    this.gutter();
    this.stats.draw = performance.now() - started;
    this.stats.draws++;
    this.drawHead();
  }

  drawBands() {
    this.rows.forEach((row, i) => {
      const own = this.action && !row.folded && row.classes[0].index === this.action.index;
      if (!own && i % 2 === 0) return;
      this.ink.fillStyle = colour(this.theme, own ? "laneSelected" : "laneAlt");
      this.ink.fillRect(GUTTER, row.y, this.plot + RIGHT, row.height);
    });
  }

  drawReplays() {
    for (const s of this.segments) for (const shot of s.shots) {
      if (!shot.replay) continue;
      const a = Math.max(this.view[0], s.start + shot.start), b = Math.min(this.view[1], s.start + shot.end);
      if (b > a) this.hatch(this.x(a), RULER + 1, (b - a) * this.scale, this.bottom - RULER, colour(this.theme, "replayHatch"), 6);
    }
  }

  /** Fill with oblique lines, `step` pixels apart: a pattern, for thousands of strokes are slow to draw. */
  hatch(x, y, w, h, ink, step) {
    const pen = this.ink, key = `${ink}/${step}/${devicePixelRatio}`;
    this.hatches ??= new Map();
    if (!this.hatches.has(key)) this.hatches.set(key, hatching(pen, ink, step));
    pen.fillStyle = this.hatches.get(key);
    pen.fillRect(x, y, w, h);
  }

  drawRuler() {
    const pen = this.ink, span = this.view[1] - this.view[0];
    const step = STEPS.find((s) => s * this.scale >= 62) ?? 900, grid = step / (step >= 2 ? 2 : 1);
    pen.font = "10.5px Inter, system-ui, sans-serif";
    pen.fillStyle = colour(this.theme, "textMuted");
    pen.strokeStyle = colour(this.theme, "laneGrid");
    pen.lineWidth = 1;
    for (const s of this.segments) {
      const from = Math.max(0, this.view[0] - s.start), to = Math.min(s.length, this.view[1] - s.start);
      for (let k = Math.ceil(from / grid - 1e-9); k * grid <= to; k++) {
        const t = k * grid, x = Math.round(this.xOf(s.half, t)) + 0.5;
        pen.beginPath();
        pen.moveTo(x, RULER - 4);
        pen.lineTo(x, this.bottom);
        pen.stroke();
        const labelled = Math.abs(t / step - Math.round(t / step)) < 1e-6;
        if (labelled && x + 40 < GUTTER + this.plot + RIGHT && !(this.breaks().length && t + 40 / this.scale > s.length)) {
          pen.fillText(matchClock(s.half, t, step < 1 ? 1 : 0), x + 3, 13);
        }
      }
    }
    if (span <= 6) this.frameTicks();
    for (const b of this.breaks()) {
      const x = this.x(b) - HALF_GAP;
      pen.fillStyle = colour(this.theme, "hover");
      pen.fillRect(x, RULER, HALF_GAP, this.bottom - RULER);
      pen.save();
      pen.translate(x + HALF_GAP / 2 + 4, (RULER + this.bottom) / 2);
      pen.rotate(-Math.PI / 2);
      pen.textAlign = "center";
      pen.fillStyle = colour(this.theme, "textMuted");
      pen.fillText("half-time", 0, 0);
      pen.restore();
    }
    pen.strokeStyle = colour(this.theme, "border");
    pen.beginPath();
    pen.moveTo(0, RULER + 0.5);
    pen.lineTo(this.width, RULER + 0.5);
    pen.moveTo(0, this.height - MINI - 0.5);
    pen.lineTo(this.width, this.height - MINI - 0.5);
    pen.stroke();
  }

  /** A tick for every frame, from the time table of the file. */
  frameTicks() {
    const pen = this.ink;
    pen.strokeStyle = colour(this.theme, "borderStrong");
    for (const s of this.segments) {
      const times = this.arrays.get(s.half)?.frameTimes;
      if (!times) continue;
      pen.beginPath();
      for (let i = countUpTo(times, this.view[0] - s.start), stop = countUpTo(times, this.view[1] - s.start); i < stop; i++) {
        const x = Math.round(this.x(s.start + times[i])) + 0.5;
        pen.moveTo(x, RULER - 3);
        pen.lineTo(x, RULER);
      }
      pen.stroke();
    }
  }

  threshold(action) { return this.data.thresholds[action.name] ?? this.data.threshold; }

  /** Where a row's curve stands: its base and its full height; the upper half of the row beside another system. */
  area(row) {
    return this.other.shown ? { base: row.y + Math.round(row.height / 2), full: Math.round(row.height / 2) - 1 } : { base: row.y + row.height - 1, full: row.height - 2 };
  }

  /** Areas of confidence, opaque above the threshold; the other system's hang below, turned over. */
  drawCurves() {
    const pen = this.ink, rate = this.data.rate, ratio = devicePixelRatio, step = 1 / (this.scale * ratio);
    this.curves.begin(this.back.width, Math.ceil((this.bottom + 1) * ratio));
    for (const row of this.rows) {
      const { base, full } = this.area(row), single = !row.folded && row.classes[0], foot = Math.round(base * ratio), tallest = full * ratio;
      const level = single ? this.threshold(single) : 0.5, own = single && this.action && single.index === this.action.index;
      this.curves.ink(classColour(row.classes[0], this.theme), own ? 0.6 : FAINT);
      for (const s of this.segments) {
        const scores = this.arrays.get(s.half)?.scores, a = Math.max(this.view[0], s.start), b = Math.min(this.view[1], s.start + s.length);
        if (b <= a) continue;
        const left = Math.floor(this.xOf(s.half, a - s.start) * ratio), right = Math.ceil(this.xOf(s.half, b - s.start) * ratio);
        for (let x = left; x < right; x++) {
          const from = a - s.start + (x - left) * step, to = from + step;
          let ours = 0, theirs = 0;
          for (const action of row.classes) {
            if (scores) ours = Math.max(ours, scores.peak(action.index, from * rate, to * rate));
            if (this.other.shown) theirs = Math.max(theirs, this.other.peak(s.half, action.index, from, to));
          }
          if (ours >= LEAST_SHOWN) this.curves.column(x, foot, (ours / 255) * tallest, level * tallest, -1);
          if (theirs >= LEAST_SHOWN) this.curves.column(x, foot, (theirs / 255) * tallest, level * tallest, 1);
        }
      }
      if (this.other.shown) { pen.fillStyle = colour(this.theme, "borderStrong"); pen.fillRect(GUTTER, base, this.plot, 0.5); }
    }
    this.curves.paint(pen);
  }

  drawThresholds() {
    const pen = this.ink;
    for (const row of this.rows) {
      if (row.folded) continue;
      const own = this.action && row.classes[0].index === this.action.index;
      const y = Math.round(this.thresholdY(row)) + 0.5;
      pen.globalAlpha = own ? 0.9 : 0.22;
      pen.strokeStyle = colour(this.theme, "textMuted");
      pen.setLineDash(own ? [3, 3] : [1, 4]);
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(GUTTER, y);
      pen.lineTo(GUTTER + this.plot + (own ? RIGHT - 10 : 0), y);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
      if (own) {
        pen.fillStyle = colour(this.theme, "text");
        pen.beginPath();
        pen.roundRect(this.width - 12, y - 4, 9, 8, 2.5);
        pen.fill();
      }
    }
  }

  thresholdY(row) { const { base, full } = this.area(row); return base - this.threshold(row.classes[0]) * full; }

  rowOf(index) { return this.rows.find((row) => row.classes.some((c) => c.index === index)); }

  drawMarks() {
    const near = this.scale > MARKED, size = Math.min(4.2, this.lane * 0.3) + (this.lane > 18 ? 1.2 : 0);
    const inView = (m) => { const c = this.common(m.half, m.seconds); return c >= this.view[0] && c <= this.view[1]; };
    const ticks = new Set();
    for (const mark of this.truth.filter(inView)) {
      const row = this.rowOf(mark.action.index), x = this.xOf(mark.half, mark.seconds);
      const y = this.other.shown ? row.y + row.height / 2 : row.y + row.height - size * 0.75;
      if (near) this.triangle(x, y, size * 0.86, false, row);
      else this.tick(x, row, mark, ticks, false);
    }
    for (const mark of [...this.spots].sort((a, b) => a.confidence - b.confidence).filter(inView)) {
      const row = this.rowOf(mark.action.index), x = this.xOf(mark.half, mark.seconds);
      const state = mark.review?.state ?? "open";
      if (near && state !== "open") this.reviewed(x, row.y + row.height / 2, size, mark.action, state);
      else if (near) this.triangle(x, row.y + size * 0.85, size, true, row, mark.action);
      else this.tick(x, row, mark, ticks, true);
      if (near && this.other.shown && !mark.mate && state === "open") this.ring(x, row.y + size * 0.85, size);
    }
    for (const mark of this.beside.filter(inView)) this.drawBeside(mark, near, size);
    this.drawChosen(size);
  }

  triangle(x, y, s, filled, row, action) {
    const pen = this.ink, d = filled ? 1 : -1;
    pen.beginPath();
    pen.moveTo(x - s, y - d * s * 0.8);
    pen.lineTo(x + s, y - d * s * 0.8);
    pen.lineTo(x, y + d * s * 0.9);
    pen.closePath();
    pen.lineWidth = filled ? 1 : 1.2;
    pen.lineJoin = "round";
    pen.fillStyle = filled ? classColour(action, this.theme) : colour(this.theme, "surface");
    pen.strokeStyle = colour(this.theme, filled ? "surface" : "text");
    pen.fill();
    pen.stroke();
  }

  /** A spot of the other system: a disc at the foot of its lane. */
  drawBeside(mark, near, size) {
    const pen = this.ink, row = this.rowOf(mark.action.index), x = this.xOf(mark.half, mark.seconds);
    pen.fillStyle = classColour(mark.action, this.theme);
    if (!near) { pen.fillRect(x - 1, row.y + row.height / 2 + 1, 2, row.height / 2 - 2); return; }
    const y = row.y + row.height - size * 0.9;
    pen.beginPath();
    pen.arc(x, y, size * 0.75, 0, 7);
    pen.fill();
    pen.strokeStyle = colour(this.theme, "surface");
    pen.lineWidth = 1;
    pen.stroke();
    if (!mark.mate) this.ring(x, y, size);
  }

  /** Around what one of two systems has alone. */
  ring(x, y, size) {
    const pen = this.ink;
    pen.beginPath();
    pen.arc(x, y, size * 1.45, 0, 7);
    pen.strokeStyle = colour(this.theme, "warning");
    pen.lineWidth = 1.3;
    pen.stroke();
  }

  /** A reviewed mark is told by its shape: square with tick or arrow, cross, diamond. */
  reviewed(x, y, s, action, state) {
    const pen = this.ink, own = classColour(action, this.theme), paper = colour(this.theme, "surface");
    const line = (points, ink, width) => {
      pen.beginPath();
      points.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx * s, y + dy * s) : pen.moveTo(x + dx * s, y + dy * s)));
      pen.strokeStyle = ink;
      pen.lineWidth = width;
      pen.stroke();
    };
    if (state === "rejected") {
      line([[-0.8, -0.8], [0.8, 0.8]], own, 1.8);
      line([[0.8, -0.8], [-0.8, 0.8]], own, 1.8);
      return;
    }
    pen.fillStyle = own;
    pen.save();
    pen.translate(x, y);
    if (state === "added") pen.rotate(Math.PI / 4);
    pen.fillRect(-s, -s, 2 * s, 2 * s);
    pen.restore();
    if (state === "accepted") line([[-0.55, 0], [-0.1, 0.5], [0.6, -0.5]], paper, 1.4);
    if (state === "moved") { line([[-0.6, 0], [0.6, 0]], paper, 1.4); line([[0.15, -0.45], [0.6, 0], [0.15, 0.45]], paper, 1.4); }
  }

  /** At low zoom a mark is a tick; truth and prediction of one lane within 4 pixels merge. */
  tick(x, row, mark, taken, predicted) {
    const key = `${row.y}/${Math.round(x / 4)}`;
    if (!predicted && taken.has(key)) return;
    taken.add(key);
    this.ink.fillStyle = predicted ? classColour(mark.action, this.theme) : colour(this.theme, "textMuted");
    this.ink.fillRect(x - 1, row.y + 1, 2, predicted ? (this.other.shown ? row.height / 2 : row.height - 2) : 3);
  }

  drawChosen(size) {
    if (!this.chosen) return;
    const pen = this.ink, row = this.rowOf(this.chosen.action.index), c = this.common(this.chosen.half, this.chosen.seconds);
    if (!row || c < this.view[0] || c > this.view[1]) return;
    const x = this.xOf(this.chosen.half, this.chosen.seconds);
    pen.strokeStyle = colour(this.theme, "accent");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, row.y + row.height / 2, Math.max(8, Math.min(10.5, row.height * 0.62)), 0, 7);
    pen.stroke();
    const state = this.chosen.review?.state ?? "open";
    if (this.chosen.other) return;
    if (state !== "open") this.reviewed(x, row.y + row.height / 2, size * 1.1, this.chosen.action, state);
    else this.triangle(x, row.y + row.height * 0.42, size * 1.15, true, row, this.chosen.action);
    if (this.view[1] - this.view[0] <= 30 && !row.folded) this.drawError(row, x);
  }

  /** How far the chosen spot is from the nearest truth of its class. */
  drawError(row, x) {
    const own = this.truth.filter((t) => t.half === this.chosen.half && t.action.index === this.chosen.action.index);
    const near = own.sort((a, b) => Math.abs(a.seconds - this.chosen.seconds) - Math.abs(b.seconds - this.chosen.seconds))[0];
    if (!near || Math.abs(near.seconds - this.chosen.seconds) > 5) return;
    const off = this.chosen.seconds - near.seconds, pen = this.ink, xt = this.xOf(near.half, near.seconds), y = row.y + row.height;
    const text = Math.abs(off) < 0.02 ? "on time" : `${Math.abs(off).toFixed(2)} s ${off > 0 ? "late" : "early"}`;
    pen.strokeStyle = colour(this.theme, "text");
    pen.lineWidth = 1.2;
    pen.beginPath();
    for (const at of [xt, x]) { pen.moveTo(at, y - 3); pen.lineTo(at, y + 5); }
    pen.moveTo(xt, y + 2);
    pen.lineTo(x, y + 2);
    pen.stroke();
    pen.font = "11px Inter, system-ui, sans-serif";
    const w = pen.measureText(text).width, left = Math.min(xt, x) - w - 14 > GUTTER ? Math.min(xt, x) - w - 12 : Math.max(xt, x) + 12;
    pen.fillStyle = colour(this.theme, "surface");
    pen.fillRect(left - 4, y - 6, w + 8, 15);
    pen.fillStyle = colour(this.theme, "text");
    pen.fillText(text, left, y + 5);
  }

  // --- minimap ---------------------------------------------------------------------------------------

  miniX(common) {
    const gaps = MINI_GAP * (this.segments.length - 1), before = this.segments.filter((s) => s.start > 0 && common >= s.start).length;
    return GUTTER + (common * (this.plot - gaps)) / this.total + before * MINI_GAP;
  }
  miniAt(x) {
    const gaps = MINI_GAP * (this.segments.length - 1), scale = (this.plot - gaps) / this.total;
    for (let k = this.segments.length - 1; k > 0; k--) {
      const edge = this.miniX(this.segments[k].start);
      if (x >= edge - MINI_GAP) return Math.max(this.segments[k].start, this.segments[k].start + (x - edge) / scale);
    }
    return Math.max(0, Math.min(this.total, (x - GUTTER) / scale));
  }

  drawMini() {
    const pen = this.ink, top = this.height - MINI;
    drawShots(this, top);
    for (const spot of this.spots) {
      const h = 3 + 11 * spot.confidence;
      pen.fillStyle = classColour(spot.action, this.theme);
      pen.fillRect(this.miniX(this.common(spot.half, spot.seconds)) - 1, top + 18 - h, 2, h);
    }
    const a = this.miniX(this.view[0]), b = this.miniX(this.view[1] - 1e-6);
    pen.globalAlpha = 0.55;
    pen.fillStyle = colour(this.theme, "surface");
    pen.fillRect(GUTTER + 1, top + 1, a - GUTTER - 1, MINI - 2);
    pen.fillRect(b, top + 1, GUTTER + this.plot + RIGHT - b, MINI - 2);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour(this.theme, "textSecondary");
    pen.lineWidth = 1.3;
    pen.beginPath();
    pen.roundRect(a, top + 2.5, Math.max(4, b - a), MINI - 6, 3);
    pen.stroke();
    pen.fillStyle = colour(this.theme, "text");
    for (const x of [a, Math.max(a + 4, b)]) { pen.beginPath(); pen.roundRect(x - 2.5, top + 12, 5, 13, 2.5); pen.fill(); }
  }

  // --- gutter ----------------------------------------------------------------------------------------

  gutter() {
    const parts = [this.theme, this.height, this.action?.index, ...this.rows.flatMap((r) => [r.y, r.height, r.folded, r.classes[0].index])], key = parts.join();
    if (key === this.gutterKey) return; // a zoom leaves it as it is
    this.gutterKey = key;
    const html = [];
    for (const bar of this.bars) {
      const tint = classColour(bar.group.classes[0], this.theme) + "24";
      html.push(`<button class="fold" data-group="${bar.group.name}" title="${bar.folded ? "Unfold" : "Fold"} ${bar.group.label} (Alt: only this one open)"
        style="top:${bar.top}px;height:${bar.height}px;background:${tint}"><span style="transform:rotate(${bar.folded ? -90 : 0}deg)">${icon("down", 10, 2)}</span></button>`);
    }
    for (const row of this.rows) {
      const one = row.classes[0], own = !row.folded && this.action?.index === one.index, size = Math.min(14, row.height);
      const name = row.folded ? `${row.group.label} <span class="muted">${row.classes.length}</span>` : one.short;
      html.push(`<button class="lane ${own ? "on" : ""}" data-class="${row.folded ? "" : one.index}" data-row="${this.rows.indexOf(row)}"
        style="top:${row.y}px;height:${row.height}px">${glyph(one, this.theme, size, true)}<span class="label">${name}</span><span class="value"></span></button>`);
    }
    this.root.querySelector(".names").innerHTML = html.join("");
    this.root.querySelector(".mini-match").style.top = `${this.height - MINI + 1}px`;
    this.root.querySelector(".mini-shots").style.top = `${this.height - MINI + 17}px`;
    this.values = [...this.root.querySelectorAll(".lane")].map((lane) => lane.querySelector(".value"));
  }

  gutterClick(event) {
    const fold = event.target.closest(".fold"), lane = event.target.closest(".lane");
    if (fold) this.fold(fold.dataset.group, event.altKey);
    else if (lane?.dataset.class) this.hooks.choose(this.data.classes.find((c) => c.index === Number(lane.dataset.class)));
  }

  fold(name, others) {
    this.autoFold?.clear();
    if (others) this.folded = new Set(this.groups.map((g) => g.name).filter((n) => n !== name));
    else if (!this.folded.delete(name)) this.folded.add(name);
    this.draw();
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
    if (!this.back.width || !this.view) return;
    const pen = this.pen, ratio = devicePixelRatio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.back, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.loop) {
      const a = this.xOf(this.loop.half, this.loop.start), b = this.xOf(this.loop.half, this.loop.end);
      pen.fillStyle = colour(this.theme, "accent");
      pen.fillRect(Math.max(GUTTER, a), RULER - 3, Math.max(2, Math.min(GUTTER + this.plot, b) - Math.max(GUTTER, a)), 3.5);
    }
    if (this.hover) { pen.fillStyle = colour(this.theme, "borderStrong"); pen.fillRect(this.hover, RULER, 1, this.bottom - RULER); }
    if (this.head === null) return;
    const mini = this.miniX(this.head);
    pen.fillStyle = colour(this.theme, "text");
    pen.fillRect(mini - 0.7, this.height - MINI + 1, 1.4, MINI - 4);
    this.laneValues();
    if (this.head < this.view[0] || this.head > this.view[1]) return;
    const x = this.xOf(...this.headTime), text = matchClock(...this.headTime, 2);
    pen.fillRect(x - 0.65, 16, 1.3, this.bottom - 16);
    pen.font = "600 11px Inter, system-ui, sans-serif";
    const w = pen.measureText(text).width + 12, left = Math.max(GUTTER, Math.min(GUTTER + this.plot + RIGHT - w, x - w / 2));
    pen.beginPath();
    pen.roundRect(left, 1.5, w, 16, 4);
    pen.fill();
    pen.fillStyle = colour(this.theme, "surface");
    pen.fillText(text, left + 6, 13.2);
  }

  /** Each lane's confidence at the playhead, if worth telling. */
  laneValues() {
    const scores = this.arrays.get(this.headTime[0])?.scores;
    if (!scores || !this.values) return;
    const sample = Math.round(this.headTime[1] * this.data.rate);
    this.rows.forEach((row, i) => {
      const value = Math.max(...row.classes.map((c) => scores.interpolated(c.index, sample))) / 255;
      const text = value >= 0.05 ? value.toFixed(2).replace(/^0/, "") : "";
      if (this.values[i] && this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }

  // --- pointer ---------------------------------------------------------------------------------------

  wheel(event, x) {
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) / this.plot) * (this.view[1] - this.view[0]);
      this.setView(this.view[0] + by, this.view[1] + by);
    } else this.zoom(Math.exp(event.deltaY * 0.0015), this.at(x));
  }

  down(event, x, y) {
    this.canvas.setPointerCapture(event.pointerId);
    const row = this.action && this.rowOf(this.action.index);
    let kind = "pan";
    if (y > this.height - MINI) {
      const a = this.miniX(this.view[0]), b = this.miniX(this.view[1] - 1e-6);
      kind = Math.abs(x - a) < 6 ? "from" : Math.abs(x - b) < 6 ? "to" : x > a && x < b ? "mini" : "jump";
    } else if (row && !row.folded && x > this.width - 18 && Math.abs(y - this.thresholdY(row)) < 8) kind = "threshold";
    this.drag = { kind, x, y, view: [...this.view], moved: false, row };
    if (kind === "jump") this.centre(this.miniAt(x));
  }

  centre(common) {
    const half = (this.view[1] - this.view[0]) / 2;
    this.setView(common - half, common + half);
  }

  move(event, x, y) {
    const drag = this.drag;
    if (!drag) return this.hovering(x, y);
    if (Math.abs(x - drag.x) > 3 || Math.abs(y - drag.y) > 3) drag.moved = true;
    if (!drag.moved) return;
    const [a, b] = drag.view;
    if (drag.kind === "pan") { const by = (drag.x - x) / this.scale; this.setView(a + by, b + by); }
    else if (drag.kind === "mini") { const by = this.miniAt(x) - this.miniAt(drag.x); this.setView(a + by, b + by); }
    else if (drag.kind === "from") this.setView(Math.min(this.miniAt(x), b - LEAST_SPAN), b);
    else if (drag.kind === "to") this.setView(a, Math.max(this.miniAt(x), a + LEAST_SPAN));
    else if (drag.kind === "threshold") this.dragThreshold(y, false);
  }

  dragThreshold(y, final) {
    const { base, full } = this.area(this.rowOf(this.action.index)), value = (base - y) / full;
    this.hooks.threshold(this.action, Math.max(0.05, Math.min(0.99, Math.round(value * 100) / 100)), final);
  }

  up(_event, x, y) {
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (drag.kind === "threshold") { if (drag.moved) this.dragThreshold(y, true); return; }
    if (drag.moved || y > this.height - MINI || x < GUTTER) return;
    const spot = this.spotAt(x, y);
    if (spot) this.hooks.pick(spot);
    else {
      const row = this.rows.find((r) => y >= r.y && y < r.y + r.height);
      if (row && !row.folded) this.hooks.choose(row.classes[0]);
      this.hooks.seek(...this.apart(this.at(x)));
    }
  }

  spotAt(x, y) {
    const row = this.rows.find((r) => y >= r.y - 2 && y < r.y + r.height + 2);
    if (!row) return null;
    const marks = this.other.shown && y > this.area(row).base ? [...this.beside, ...this.spots] : [...this.spots, ...this.beside];
    const near = marks.filter((s) => row.classes.some((c) => c.index === s.action.index))
      .map((s) => [Math.abs(this.xOf(s.half, s.seconds) - x), s]).sort((a, b) => a[0] - b[0])[0];
    if (!near || near[0] > HIT) return null;
    return near[1].other && near[1].mate ? near[1].mate : near[1]; // what both have is shown with its reasons
  }

  hovering(x, y) {
    if (x < GUTTER || y > this.bottom || y < RULER) { this.hover = null; this.tip.hidden = true; return this.drawHead(); }
    const row = this.rows.find((r) => y >= r.y && y < r.y + r.height), [half, seconds] = this.apart(this.at(x));
    const scores = this.arrays.get(half)?.scores;
    this.hover = x;
    this.drawHead();
    if (!row || !scores) { this.tip.hidden = true; return; }
    const sample = seconds * this.data.rate, best = row.classes.map((c) => [scores.interpolated(c.index, sample) / 255, c]).sort((a, b) => b[0] - a[0])[0];
    const theirs = this.other.shown && this.other.curves.size ? `, ${this.other.name} ${(this.other.peak(half, best[1].index, seconds, seconds) / 255).toFixed(2)},` : "";
    this.tip.textContent = `${best[1].short} ${best[0].toFixed(2)}${theirs} at ${matchClock(half, seconds, 1)}`;
    this.tip.title = halfClock(seconds, 3);
    this.tip.hidden = false;
    const w = this.tip.offsetWidth;
    this.tip.style.left = `${Math.min(x + 10, this.width - w - 6)}px`;
    this.tip.style.top = `${Math.max(RULER, y - 26)}px`;
  }
}
