// Another system over the same match: its curves and spots, and which of them the system that is shown has as well.

import { ScorePyramid, bytes } from "./arrays.js";

/** Curves and spots of another system; nothing where none was chosen. */
export class Other {
  constructor() { this.key = null; this.curves = new Map(); this.spots = []; }

  async update(data) {
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

  /** Largest confidence of a class between two moments of a half, 0 to 255; 0 where this system says nothing of it. */
  peak(half, action, from, to) {
    const curves = this.curves.get(half), column = this.columns[action];
    return curves && column >= 0 ? curves.peak(column, from * this.rate, to * this.rate) : 0;
  }
}

/**
 * Give each spot its `mate`, the spot of the other system for the same action: one to one, the nearest pairs first,
 * of the same class and half and at most `within` seconds apart.
 */
export function pair(own, others, within) {
  for (const spot of [...own, ...others]) spot.mate = null;
  const key = (spot) => `${spot.half}/${spot.action.index}`, there = new Map();
  for (const spot of others) there.set(key(spot), [...(there.get(key(spot)) ?? []), spot]);
  const pairs = own.flatMap((spot) => (there.get(key(spot)) ?? []).map((mate) => ({ spot, mate, apart: Math.abs(spot.seconds - mate.seconds) })));
  for (const { spot, mate } of pairs.filter((p) => p.apart <= within).sort((a, b) => a.apart - b.apart)) {
    if (!spot.mate && !mate.mate) { spot.mate = mate; mate.mate = spot; }
  }
}
