// Another system over the same match: its curves, which hang below those of the system that is shown, its spots as
// discs, and which of them the system that is shown has as well.

import { html } from "../../markup.js";
import { ScorePyramid, bytes } from "../arrays.js";
import { GUTTER } from "../axis.js";
import { CurveImage, sweep } from "../curve_image.js";
import { inFull, markSize, ring } from "../marks.js";
import { register } from "../registry.js";
import { classColour, colour } from "../theme.js";

/** Curves and spots of another system; nothing where none was chosen. */
class Beside {
  key = null;
  curves = new Map();
  spots = [];
  legend = html`<span class="legend-mark legend-other" hidden><svg width="10" height="10"><circle cx="5" cy="5" r="3.4" fill="var(--text-secondary)"/></svg><span class="name"></span></span>
    <span class="legend-mark legend-other" hidden><svg width="12" height="12"><circle cx="6" cy="6" r="5" fill="none" stroke="var(--warning)" stroke-width="1.4"/></svg>one of the two alone</span>`;

  constructor(workspace) {
    this.workspace = workspace;
    this.image = new CurveImage();
  }

  async prepare(data) {
    const { other, classes } = data, key = other?.key ?? null;
    this.name = other?.name ?? null;
    this.rate = other?.rate;
    this.columns = other?.columns;
    this.spots = (other?.spots ?? []).map(([id, half, seconds, index, confidence]) => ({ id: `other/${id}`, half, seconds, action: classes[index], confidence, other: true }));
    if (this.key !== key) {
      this.key = key;
      this.curves = new Map();
      this.loading = other ? this.load(other, this.curves) : null;
    }
    try { await this.loading; } catch (error) { if (this.key === key) this.key = null; throw error; } // the next run tries again
  }

  /** Fetch the curves of a system into a map of its own: another may be chosen meanwhile. */
  async load(other, curves) {
    await Promise.all(other.halves.map(async ({ half, array }) => {
      curves.set(half, new ScorePyramid(new Uint8Array(await bytes(`${array}/scores`)), other.count));
    }));
  }

  get shown() { return this.key !== null; }

  get others() { return this.spots; }

  /** Largest confidence of a class between two moments of a half, 0 to 255; 0 where this system says nothing of it. */
  peak(half, action, from, to) {
    const curves = this.curves.get(half), column = this.columns[action];
    return curves && column >= 0 ? curves.peak(column, from * this.rate, to * this.rate) : 0;
  }

  update(data) {
    const { q, lanes, root } = this.workspace;
    lanes.halved = this.shown;
    for (const part of root.querySelectorAll(".legend-other")) part.hidden = !this.shown;
    q(".legend-other .name").textContent = this.shown ? `${this.name} (B)` : "";
    q(".model .muted").hidden = this.shown;
    if (this.shown) q(".model-name").textContent = `A ${data.model} | B ${this.name}`;
  }

  pair(own, others) { pair(own, others, this.workspace.data.other?.within ?? 0); }

  /** Why a spot of this system alone has no reasons, or null. */
  reasonless(spot) {
    if (!spot.other) return null;
    const { arrays, data } = this.workspace, { within } = data.other;
    const scores = arrays.get(spot.half).scores, at = spot.seconds * data.rate, around = within * data.rate;
    const most = (scores.peak(spot.action.index, at - around, at + around) / 255).toFixed(2);
    return `Spotted by ${this.name} alone: within ${within} s ${data.model} is at ${most} at most. D adds it to the reviewed spots.`;
  }

  tipBeside(half, action, seconds) {
    return this.shown && this.curves.size ? `, ${this.name} ${(this.peak(half, action.index, seconds, seconds) / 255).toFixed(2)},` : "";
  }

  // --- drawing ---------------------------------------------------------------------------------------

  draw(lanes) {
    if (!this.shown) return;
    lanes.ink.fillStyle = colour(lanes.theme, "borderStrong");
    for (const row of lanes.rows) lanes.ink.fillRect(GUTTER, lanes.area(row).base, lanes.plot, 0.5);
    sweep(lanes, this.image, (half) => (index, from, to) => this.peak(half, index, from, to), 1, (action) => this.workspace.levelOf(action));
  }

  /** A spot of this system: a disc at the foot of its lane. */
  marks(lanes) {
    const near = inFull(lanes), size = markSize(lanes), pen = lanes.ink;
    for (const mark of this.workspace.othersShown.filter((m) => lanes.inView(m))) {
      const row = lanes.rowOf(mark.action.index), x = lanes.xOf(mark.half, mark.seconds);
      pen.fillStyle = classColour(mark.action, lanes.theme);
      if (!near) { pen.fillRect(x - 1, row.y + row.height / 2 + 1, 2, row.height / 2 - 2); continue; }
      const y = row.y + row.height - size * 0.9;
      pen.beginPath();
      pen.arc(x, y, size * 0.75, 0, 7);
      pen.fill();
      pen.strokeStyle = colour(lanes.theme, "surface");
      pen.lineWidth = 1;
      pen.stroke();
      if (!mark.mate) ring(lanes, x, y, size);
    }
  }
}

/**
 * Give each spot its `mate`, the spot of the other system for the same action: one to one, the nearest pairs first,
 * of the same class and half and at most `within` seconds apart.
 */
function pair(own, others, within) {
  for (const spot of [...own, ...others]) spot.mate = null;
  const key = (spot) => `${spot.half}/${spot.action.index}`, there = new Map();
  for (const spot of others) there.set(key(spot), [...(there.get(key(spot)) ?? []), spot]);
  const pairs = own.flatMap((spot) => (there.get(key(spot)) ?? []).map((mate) => ({ spot, mate, apart: Math.abs(spot.seconds - mate.seconds) })));
  for (const { spot, mate } of pairs.filter((p) => p.apart <= within).sort((a, b) => a.apart - b.apart)) {
    if (!spot.mate && !mate.mate) { spot.mate = mate; mate.mate = spot; }
  }
}

register("lane", "beside", { reads: ["other"], make: (workspace) => new Beside(workspace) });
