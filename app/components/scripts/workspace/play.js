// Where play is in a half, sample by sample, as the page has worked it out: at the ball, or where the camera looks.

import { nearest } from "./time.js";

const ROW = 5; // numbers of a row: x, y, error, how likely home has the ball, how the place is known
const AT_BALL = 2;
const NEAR = 1; // seconds from a sample within which its place counts

export class Play {
  /** @param samples times of all samples of the half, seconds */
  constructor(buffer, samples) {
    const length = new DataView(buffer).getUint32(0, true), begins = 4 + length;
    Object.assign(this, JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))); // settled, problem, speed
    this.samples = samples;
    this.numbers = new Float32Array(buffer, begins);
    this.known = new Uint32Array(buffer, begins);
  }

  static async load(address, samples) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : "The places could not be loaded; reload the page.");
    return new Play(await answer.arrayBuffer(), samples);
  }

  /** The place of a moment, {x, y, error (metres expected), ball (whether the ball was there)}; null where there is none. */
  at(seconds) {
    const sample = nearest(this.samples, seconds), row = sample * ROW, known = this.known[row + 4], away = Math.abs(this.samples[sample] - seconds);
    if (!known || away > NEAR) return null;
    const [x, y, error] = this.numbers.subarray(row, row + 3), ball = known === AT_BALL;
    return { x, y, error: ball ? Math.hypot(error, this.speed * away) : error, ball };
  }
}
