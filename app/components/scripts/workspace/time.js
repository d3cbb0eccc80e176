// Times: match clock, the parts of the match on show, and the table of presentation times of a file.

let parts = { name: "part", between: "", length: null, extraLength: null, regular: null, frames: false, teams: false };
let rates = new Map(); // frames a second by part
let alone = true; // whether the match has but one part

/** Times and parts are those of this match from now on: one is on show at a time. */
export function showParts(data) {
  parts = data.parts;
  rates = new Map(data.halves.map((h) => [h.half, h.frameRate]));
  alone = data.halves.length < 2;
}

/** What a match of the class table consists of. */
export const shownParts = () => parts;

/** With a large letter first. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A part for people: half 2. */
export const partTitle = (half) => `${parts.name} ${half}`;

/** A part for people: 2nd half. */
export function partOrdinal(half) {
  const teen = [11, 12, 13].includes(half % 100), ending = (!teen && ["th", "st", "nd", "rd"][half % 10]) || "th";
  return `${half}${ending} ${parts.name}`;
}

/** Seconds of a part as match clock: 45:37, 45+2:10; named where each part has a clock of its own: dive 2 00:04. */
export function matchClock(half, seconds, decimals = 0) {
  const clock = partClock(half, seconds, decimals);
  return parts.length !== null || alone ? clock : `${partTitle(half)} ${clock}`;
}

/** The same where the part is known. */
export function partClock(half, seconds, decimals = 0) {
  if (parts.frames && rates.get(half)) return `frame ${Math.round(Math.max(0, seconds) * rates.get(half))}`;
  const length = isExtra(half) ? parts.extraLength : parts.length;
  if (length === null || seconds < length) return halfClock(seconds + partStart(half), decimals);
  const over = halfClock(seconds - length, decimals);
  return `${Math.floor(partStart(half + 1) / 60)}+${over.startsWith("0") ? over.slice(1) : over}`;
}

/** Whether a part is of extra time. */
const isExtra = (half) => parts.extraLength !== null && half > parts.regular;

/** Second of the match clock at which a part begins; 0 where each has a clock of its own. */
function partStart(half) {
  const regular = isExtra(half) ? parts.regular : half - 1;
  return regular * (parts.length ?? 0) + (half - 1 - regular) * (parts.extraLength ?? 0);
}

/** mm:ss with decimals, cut and never rounded up. */
export function halfClock(seconds, decimals = 0) {
  const unit = 10 ** decimals;
  const ticks = Math.floor(Math.max(0, seconds) * unit + 1e-6);
  const minutes = Math.floor(ticks / (60 * unit));
  const rest = ticks - minutes * 60 * unit;
  const whole = String(Math.floor(rest / unit)).padStart(2, "0");
  const tail = decimals ? "." + String(rest % unit).padStart(decimals, "0") : "";
  return `${String(minutes).padStart(2, "0")}:${whole}${tail}`;
}

/** Number of entries of a rising table that are <= value. */
export function countUpTo(table, value) {
  let low = 0, high = table.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle] <= value) low = middle + 1; else high = middle;
  }
  return low;
}

/** Index of the entry nearest to a value. */
export function nearest(table, value) {
  const right = countUpTo(table, value);
  if (right === 0) return 0;
  if (right === table.length) return table.length - 1;
  return value - table[right - 1] <= table[right] - value ? right - 1 : right;
}

/** Presentation times of a file: which frame is on screen, and where to seek so that it is. */
export class FrameTable {
  /** @param {Float64Array} times seconds */
  constructor(times) {
    this.times = times;
    let gap = Infinity;
    for (let i = 1; i < times.length; i++) gap = Math.min(gap, times[i] - times[i - 1]);
    // A player reports the time of the frame it shows, rounded to its own clock.
    this.slack = Number.isFinite(gap) ? Math.min(0.002, gap / 2) : 0.002;
  }
  get last() { return this.times.length - 1; }
  /** Frame on screen at a time. */
  at(seconds) { return Math.max(0, countUpTo(this.times, seconds + this.slack) - 1); }
  /** Frame on screen just before a time, at which the next one may begin. */
  before(seconds) { return this.at(seconds - 2 * this.slack); }
  /** A time inside a frame, away from its edges. */
  middle(frame) {
    const start = this.times[frame];
    const end = frame < this.last ? this.times[frame + 1] : start + (this.last ? start - this.times[frame - 1] : 0.04);
    return start + (end - start) / 2;
  }
}
