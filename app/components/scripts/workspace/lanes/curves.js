// One lane a class: its confidence over the match, its threshold, what was spotted and what is true.
//
// The curves are drawn column by column from a pyramid of maxima, so a peak of one sample is never lost and a redraw
// costs the same at every zoom.

import { html } from "../../markup.js";
import { GUTTER, RIGHT } from "../axis.js";
import { ClassNames } from "../class_names.js";
import { CurveImage, sweep } from "../curve_image.js";
import { inFull, markSize, reviewed, ring, Ticks, triangle } from "../marks.js";
import { register } from "../registry.js";
import { SIGNS, signOf, verdictOf } from "../review.js";
import { colour, groupsOf } from "../theme.js";
import { halfClock, matchClock } from "../time.js";

const HIT = 7; // pixels around a mark
const NEAR = 5; // seconds within which a truth is the chosen spot's
const CLOSE = 30; // seconds in view from which on the chosen spot's error is told
const LEAST = 11, STRIPS = 80; // pixels of a row whose name can be read; of the ruler, the strips and the gaps
const LOW = 780; // pixels of the page below which some groups are folded
const CODES = "own"; // the group of people's own codes, which stays open longest: they are tagged here

class Curves {
  title = "Confidence";
  help = [["1 – 5", "fold a group"]];
  spots = [];
  truth = [];

  constructor(workspace) {
    this.workspace = workspace;
    this.lanes = workspace.lanes;
    this.image = new CurveImage();
    this.names = new ClassNames(this.lanes, (action) => workspace.choose(action));
    const triangleOf = (d, filled) => html`<svg width="11" height="10" viewBox="0 0 11 10"><path d="${d}" fill="${filled ? "var(--text-secondary)" : "none"}" stroke="var(--text-secondary)" stroke-width="1.2"/></svg>`;
    this.legend = html`<span class="legend-mark">${triangleOf("M1 1.5h9L5.5 9Z", true)}predicted</span><span class="legend-mark">${triangleOf("M1 8.5h9L5.5 1Z", false)}true</span><span class="legend-mark legend-replayed" hidden>${triangleOf("M1 1.5h9L5.5 9Z", false)}in a replay</span>
      ${Object.keys(SIGNS).map((verdict) => html`<span class="legend-mark legend-verdict" data-verdict="${verdict}" hidden>${signOf(verdict)}${verdict}</span>`)}`;
  }

  update(data) {
    this.lanes.groups = groupsOf(data.classes);
    this.all = data.truth.map(([half, seconds, index]) => ({ half, seconds, action: data.classes[index] }));
  }

  respot() {
    const shown = new Set(this.workspace.spots.map(verdictOf));
    this.workspace.q(".legend-replayed").hidden = !this.workspace.spots.some((s) => s.replayed);
    for (const part of this.workspace.root.querySelectorAll(".legend-verdict")) part.hidden = !shown.has(part.dataset.verdict);
    this.spots = [...this.workspace.spots].sort((a, b) => (a.confidence ?? 1) - (b.confidence ?? 1)) // the surest in front, and what people added;
    this.truth = this.all.filter((t) => !this.workspace.hides(t.action));
    this.lanes.describe(this.inWords());
  }

  /** Each class that anything is known of, in words. */
  inWords() {
    const clocks = (marks, more = () => "") => marks.map((m) => `${matchClock(m.half, m.seconds)}${more(m)}`).join(", ");
    const inOrder = [...this.workspace.spots].sort((a, b) => a.half - b.half || a.seconds - b.seconds);
    return this.workspace.data.classes.flatMap((action) => {
      const own = (marks) => marks.filter((m) => m.action.index === action.index), spotted = own(inOrder), truth = own(this.truth);
      const said = (m) => ` ${m.confidence === null ? "" : `${m.confidence.toFixed(2)} `}${m.review && m.review.state !== "open" ? verdictOf(m) : ""}`.trimEnd();
      const parts = [spotted.length && `spotted at ${clocks(spotted, said)}`, truth.length && `true at ${clocks(truth)}`].filter(Boolean);
      return parts.length ? [`${action.name}: ${parts.join("; ")}`] : [];
    });
  }

  /** On low pages, and where there are more classes than rows have room, groups are folded. */
  resize(_wide, tall) {
    const { groups } = this.lanes, names = groups.map((g) => g.name).filter((name) => name !== CODES), last = names.slice(-1), folded = new Set(tall < LOW ? [...last, "restarts"] : []);
    const most = Math.floor((this.lanes.canvas.clientHeight - STRIPS) / LEAST);
    const rows = () => groups.reduce((count, g) => count + (folded.has(g.name) ? 1 : g.classes.length), 0);
    for (const name of [...last, "restarts", ...names, CODES]) if (rows() > most) folded.add(name);
    this.lanes.autoFold = folded.size ? folded : null;
  }

  get keys() { return Object.fromEntries(this.lanes.groups.slice(0, 9).map((g, i) => [String(i + 1), () => this.lanes.fold(g.name, false)])); }

  // --- drawing ---------------------------------------------------------------------------------------

  behind(lanes) {
    lanes.rows.forEach((row, i) => {
      const own = lanes.action && !row.folded && row.classes[0].index === lanes.action.index;
      if (!own && i % 2 === 0) return;
      lanes.ink.fillStyle = colour(lanes.theme, own ? "laneSelected" : "laneAlt");
      lanes.ink.fillRect(GUTTER, row.y, lanes.plot + RIGHT, row.height);
    });
  }

  /** Areas of confidence, opaque above the threshold. */
  draw(lanes) {
    const rate = lanes.data.rate;
    const peaks = (half) => { const scores = lanes.arrays.get(half)?.scores; return scores ? (index, from, to) => scores.peak(index, from * rate, to * rate) : null; };
    sweep(lanes, this.image, peaks, -1, (action) => this.workspace.levelOf(action));
    this.drawThresholds(lanes);
    this.names.draw();
  }

  drawThresholds(lanes) {
    const pen = lanes.ink;
    for (const row of lanes.rows) {
      if (row.folded) continue;
      const own = lanes.action && row.classes[0].index === lanes.action.index;
      const y = Math.round(this.thresholdY(row)) + 0.5;
      pen.globalAlpha = own ? 0.9 : 0.22;
      pen.strokeStyle = colour(lanes.theme, "textMuted");
      pen.setLineDash(own ? [3, 3] : [1, 4]);
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(GUTTER, y);
      pen.lineTo(GUTTER + lanes.plot + (own ? RIGHT - 10 : 0), y);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
      if (!own) continue;
      pen.fillStyle = colour(lanes.theme, "text");
      pen.beginPath();
      pen.roundRect(lanes.width - 12, y - 4, 9, 8, 2.5);
      pen.fill();
    }
  }

  thresholdY(row) { const { base, full } = this.lanes.area(row); return base - this.workspace.levelOf(row.classes[0]) * full; }

  marks(lanes) {
    const near = inFull(lanes), size = markSize(lanes), ticks = new Ticks();
    for (const mark of this.truth.filter((m) => lanes.inView(m))) {
      const row = lanes.rowOf(mark.action.index), x = lanes.xOf(mark.half, mark.seconds);
      const y = lanes.halved ? row.y + row.height / 2 : row.y + row.height - size * 0.75;
      if (near) triangle(lanes, x, y, size * 0.86);
      else ticks.draw(lanes, x, row, mark, false);
    }
    for (const mark of this.spots.filter((m) => lanes.inView(m))) {
      const row = lanes.rowOf(mark.action.index), x = lanes.xOf(mark.half, mark.seconds), state = verdictOf(mark);
      if (near && state !== "open") reviewed(lanes, x, row.y + row.height / 2, size, mark.action, state);
      else if (near) triangle(lanes, x, row.y + size * 0.85, size, mark.action, Boolean(mark.replayed));
      else ticks.draw(lanes, x, row, mark, true);
      if (near && lanes.halved && mark.system && !mark.system.mate && state === "open") ring(lanes, x, row.y + size * 0.85, size);
    }
  }

  /** The chosen spot, ringed. */
  over(lanes) {
    const { chosen, ink: pen } = lanes, row = chosen && lanes.rowOf(chosen.action.index);
    if (!row || !lanes.inView(chosen)) return;
    const x = lanes.xOf(chosen.half, chosen.seconds), size = markSize(lanes), state = verdictOf(chosen);
    pen.strokeStyle = colour(lanes.theme, "accent");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, row.y + row.height / 2, Math.max(8, Math.min(10.5, row.height * 0.62)), 0, 7);
    pen.stroke();
    if (chosen.other) return;
    if (state !== "open") reviewed(lanes, x, row.y + row.height / 2, size * 1.1, chosen.action, state);
    else triangle(lanes, x, row.y + row.height * 0.42, size * 1.15, chosen.action, Boolean(chosen.replayed));
    if (lanes.view[1] - lanes.view[0] <= CLOSE && !row.folded) this.drawError(lanes, row, x);
  }

  /** How far the chosen spot is from the nearest truth of its class. */
  drawError(lanes, row, x) {
    const { chosen, theme, ink: pen } = lanes, away = (t) => Math.abs(t.seconds - chosen.seconds);
    const near = this.truth.filter((t) => t.half === chosen.half && t.action.index === chosen.action.index).sort((a, b) => away(a) - away(b))[0];
    if (!near || away(near) > NEAR) return;
    const off = chosen.seconds - near.seconds, xt = lanes.xOf(near.half, near.seconds), y = row.y + row.height;
    const text = Math.abs(off) < 0.02 ? "on time" : `${Math.abs(off).toFixed(2)} s ${off > 0 ? "late" : "early"}`;
    pen.strokeStyle = colour(theme, "text");
    pen.lineWidth = 1.2;
    pen.beginPath();
    for (const at of [xt, x]) { pen.moveTo(at, y - 3); pen.lineTo(at, y + 5); }
    pen.moveTo(xt, y + 2);
    pen.lineTo(x, y + 2);
    pen.stroke();
    pen.font = "11px Inter, system-ui, sans-serif";
    const w = pen.measureText(text).width, left = Math.min(xt, x) - w - 14 > GUTTER ? Math.min(xt, x) - w - 12 : Math.max(xt, x) + 12;
    pen.fillStyle = colour(theme, "surface");
    pen.fillRect(left - 4, y - 6, w + 8, 15);
    pen.fillStyle = colour(theme, "text");
    pen.fillText(text, left, y + 5);
  }

  moving() { this.names.drawValues(); }

  // --- pointer ---------------------------------------------------------------------------------------

  grab(lanes, x, y) {
    const row = lanes.action && lanes.rowOf(lanes.action.index);
    if (!row || row.folded || x <= lanes.width - 18 || y > lanes.foot || Math.abs(y - this.thresholdY(row)) >= 8) return null;
    return { move: (_x, to) => this.dragThreshold(to, false), drop: (to) => this.dragThreshold(to, true) };
  }

  dragThreshold(y, final) {
    const { action } = this.workspace, { base, full } = this.lanes.area(this.lanes.rowOf(action.index)), value = (base - y) / full;
    this.workspace.setThreshold(action, Math.max(0.05, Math.min(0.99, Math.round(value * 100) / 100)), final);
  }

  /** A mark is chosen; elsewhere the lane's class is, and the moment is shown. */
  click(lanes, x, y) {
    const spot = this.spotAt(lanes, x, y), row = lanes.rowAt(y);
    if (spot) this.workspace.pick(spot);
    else if (row && !row.folded) this.workspace.choose(row.classes[0]);
    return Boolean(spot);
  }

  spotAt(lanes, x, y) {
    const row = lanes.rowAt(y, 2), { spots, othersShown } = this.workspace;
    if (!row) return null;
    const marks = lanes.halved && y > lanes.area(row).base ? [...othersShown, ...spots] : [...spots, ...othersShown];
    const near = marks.filter((s) => row.classes.some((c) => c.index === s.action.index))
      .map((s) => [Math.abs(lanes.xOf(s.half, s.seconds) - x), s]).sort((a, b) => a[0] - b[0])[0];
    if (!near || near[0] > HIT) return null;
    const { other, mate } = near[1], shown = other && mate && spots.find((s) => s.id === mate.id);
    return shown || near[1]; // what both have is shown with its reasons
  }

  tip(lanes, x, y) {
    const row = lanes.rowAt(y), [half, seconds] = lanes.apart(lanes.at(x)), scores = lanes.arrays.get(half)?.scores;
    if (!row || !scores) return null;
    const sample = seconds * lanes.data.rate, best = row.classes.map((c) => [scores.interpolated(c.index, sample) / 255, c]).sort((a, b) => b[0] - a[0])[0];
    const theirs = this.workspace.having("tipBeside").map((part) => part.tipBeside(half, best[1], seconds)).join("");
    return { text: `${best[1].short} ${best[0].toFixed(2)}${theirs} at ${matchClock(half, seconds, 1)}`, title: halfClock(seconds, 3) };
  }
}

register("lane", "curves", { reads: ["truth"], make: (workspace) => new Curves(workspace) });
