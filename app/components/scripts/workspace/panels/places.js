// The pitch map: where on the pitch the listed spots are. Around each lies the expected error of its place.

import { fill, html } from "../../markup.js";
import { Play } from "../play.js";
import { register } from "../registry.js";
import { classColour, icon } from "../theme.js";
import { matchClock } from "../time.js";

const MARGIN = 4; // metres around the pitch
const OPEN = "touchline-pitch-map"; // in the browser's memory: whether it is open
const AGAIN = 2000; // milliseconds until it is asked again for players that are being worked out
const NONE = "This match has no calibrations, so nothing has a place. To have them, analyse it with entity-attention alone in the Model dialog, which looks for them too, or put a file of them (1_field_calib_ccbv.json) beside its videos.";

class Places {
  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("places");
    fill(root, html`<button class="places-head" aria-expanded="false">${icon("down", 12)}<b>Pitch map</b><span class="muted"></span></button><div class="places-body" hidden></div>`);
    this.q = (selector) => root.querySelector(selector);
    this.known = new Map(); // play by half
    this.open = localStorage.getItem(OPEN) === "1";
    root.addEventListener("click", (event) => this.click(event));
  }

  get data() { return this.workspace.data; }

  update(data) {
    if (this.analysis !== data.analysis) { this.known.clear(); this.problem = null; }
    this.analysis = data.analysis;
    this.load();
  }

  respot() { this.draw(); }
  relisted() { this.draw(); }
  destroy() { clearTimeout(this.asking); }

  click(event) {
    const spot = event.target.closest("[data-spot]")?.dataset.spot;
    if (spot) this.workspace.pick(this.workspace.rows.find((s) => s.id === spot));
    if (!event.target.closest(".places-head")) return;
    this.open = !this.open;
    localStorage.setItem(OPEN, this.open ? "1" : "0");
    this.load();
    this.draw();
  }

  // --- places ----------------------------------------------------------------------------------------

  /** What places are told by, of every half, once the map is open; asked for again while players are worked out. */
  async load() {
    const { data } = this;
    if (!this.open || !data.pitch || this.loading) return;
    this.loading = true;
    for (const { half } of data.halves) {
      if (this.known.get(half)?.settled) continue;
      const known = await Play.load(data.play[half], this.workspace.player.arrays.get(half).samples).catch((error) => ({ settled: true, refused: true, problem: error.message, at: () => null }));
      if (this.analysis !== data.analysis) break;
      this.known.set(half, known);
      this.problem = known.problem ?? this.problem;
      this.draw();
    }
    this.loading = false;
    if (this.analysis !== data.analysis) this.load();
    else if (this.waiting) this.askAgain();
  }

  /** Whether players are still worked out. */
  get waiting() { return this.data.halves.some(({ half }) => !this.known.get(half)?.settled); }

  askAgain() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.root.isConnected && this.load(), AGAIN);
  }

  /** Where a spot is, {x, y, error, ball, marked}; null where nobody knows. Some classes have marks: of these the nearest to play. */
  placeOf({ half, seconds, action }) {
    const place = this.known.get(half)?.at(seconds), marks = this.data.pitch.marks[action.name];
    if (!place || !marks) return place ?? null;
    const away = ([x, y]) => Math.hypot(x - place.x, y - place.y), [x, y] = marks.reduce((best, mark) => (away(mark) < away(best) ? mark : best));
    return { x, y, error: this.data.pitch.onMark, ball: false, marked: true };
  }

  // --- showing ---------------------------------------------------------------------------------------

  draw() {
    if (!this.data) return;
    this.show();
    const tall = this.root.offsetHeight;
    if (this.tall && tall !== this.tall) this.workspace.rail.reveal(); // the list has got more or less room
    this.tall = tall;
  }

  show() {
    this.root.classList.toggle("open", this.open);
    this.q(".places-head").ariaExpanded = String(this.open);
    this.q(".places-body").hidden = !this.open;
    this.q(".places-head .muted").textContent = "";
    if (!this.open) return;
    if (!this.data.pitch) { fill(this.q(".places-body"), html`<p class="empty">${NONE}</p>`); return; }
    const spots = this.workspace.rows, at = spots.map((spot) => [spot, this.placeOf(spot)]), placed = at.filter(([, place]) => place);
    this.q(".places-head .muted").textContent = placed.length;
    // The surest in front, and the chosen one.
    const chosen = (spot) => spot.id === this.workspace.chosen?.id;
    placed.sort(([a, p], [b, q]) => chosen(a) - chosen(b) || q.error - p.error);
    fill(this.q(".places-body"), html`<div class="pitch-map" role="group" aria-label="Where the listed spots are">${this.pitch(placed)}${placed.map(([spot, place]) => this.mark(spot, place, chosen(spot)))}</div><p class="caption" role="status">${this.caption(spots.length, placed)}</p>`);
  }

  get box() {
    const { length, width } = this.data.pitch;
    return [length + 2 * MARGIN, width + 2 * MARGIN];
  }

  /** Lines, and the expected errors around the places. */
  pitch(placed) {
    const [w, h] = this.box, path = this.data.pitch.lines.map((line) => `M${line.map((p) => p.join(" ")).join("L")}`).join("");
    const errors = placed.map(([spot, { x, y, error, ball, marked }]) => html`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${error.toFixed(1)}" style="--ink:${classColour(spot.action, this.workspace.theme)}" class="${ball || marked ? "" : "looked"}"/>`);
    return html`<svg viewBox="${-w / 2} ${-h / 2} ${w} ${h}" aria-hidden="true"><path d="${path}"/>${errors}</svg>`;
  }

  mark(spot, { x, y, error, ball, marked }, on) {
    const [w, h] = this.box, how = marked ? "at its mark" : ball ? "at what is taken for the ball" : "where the camera looks";
    const text = `${spot.action.name}, ${matchClock(spot.half, spot.seconds)}: ${how}, expected within ${error < 10 ? error.toFixed(1) : Math.round(error)} m`;
    return html`<button tabindex="-1" data-spot="${spot.id}" class="${ball || marked ? "" : "looked"} ${on ? "on" : ""}" title="${text}" aria-label="${text}" style="left:${(50 + (100 * x) / w).toFixed(2)}%;top:${(50 + (100 * y) / h).toFixed(2)}%;--ink:${classColour(spot.action, this.workspace.theme)}"></button>`;
  }

  /** How many are placed, and how; or why there are none. */
  caption(count, placed) {
    const balls = placed.filter(([, place]) => place.ball).length, marked = placed.filter(([, place]) => place.marked).length;
    const looked = placed.length - balls - marked, without = count - placed.length;
    const waits = this.waiting ? " Working out where the ball is." : "", wrong = this.problem ? ` ${this.problem}` : "";
    if (!count) return "No spots with these filters.";
    if (!placed.length && [...this.known.values()].some((known) => known.refused)) return this.problem; // nothing else is the reason
    if (!placed.length) return (this.waiting ? "Working out where they are." : "None of these spots has a place: their pictures have no calibration, or are replays.") + wrong;
    const parts = [balls && `${balls} at the ball`, marked && `${marked} at ${marked > 1 ? "their marks" : "its mark"}`, looked && `${looked} where the camera looks`, without && `${without} without a place`];
    return `${parts.filter(Boolean).join(", ")}.${waits}${wrong}`;
  }
}

register("panel", "places", { at: "list", reads: ["play"], make: (workspace, root) => new Places(workspace, root) });
