// Where the pictures of a half look: for each calibrated moment a homography from metres to shares of the picture, or that
// there is none.

import { nearest } from "./time.js";

const ROW = 11; // seconds, nine numbers, confidence
const EXACT = 0.021, FAR = 0.3; // seconds to a calibration within which it is drawn in full, and at all

/** The camera of one frame. */
class Camera {
  constructor(h, confidence, opacity) { Object.assign(this, { h, confidence, opacity }); }

  /** A point of the pitch in shares of the picture; null behind the camera. */
  toPicture(x, y) {
    const { h } = this, depth = h[6] * x + h[7] * y + h[8];
    return depth > 1e-6 * Math.abs(h[8]) ? [(h[0] * x + h[1] * y + h[2]) / depth, (h[3] * x + h[4] * y + h[5]) / depth] : null;
  }

  /** A point of the picture, in shares, on the pitch in metres; null above the horizon. */
  toPitch(u, v) {
    const g = (this.inverse ??= inverted(this.h)), w = g[6] * u + g[7] * v + g[8];
    const x = (g[0] * u + g[1] * v + g[2]) / w, y = (g[3] * u + g[4] * v + g[5]) / w;
    return Number.isFinite(x + y) && this.toPicture(x, y) ? [x, y] : null;
  }
}

export class Calibrations {
  constructor(buffer) {
    const values = new Float64Array(buffer);
    this.times = Float64Array.from({ length: values.length / ROW }, (_, i) => values[i * ROW]);
    this.values = values;
  }

  /** Those at an address. */
  static async load(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : "The calibrations could not be loaded; reload the page.");
    return new Calibrations(await answer.arrayBuffer());
  }

  /** The camera at a time: that of the nearest moment, fainter the farther away; null where that has none or is far. */
  at(time) {
    if (!this.times.length) return null;
    const row = nearest(this.times, time), away = Math.abs(this.times[row] - time), from = row * ROW;
    if (away > FAR || Number.isNaN(this.values[from + 1])) return null;
    const opacity = away <= EXACT ? 1 : 1 - 0.75 * (away / FAR);
    return new Camera(this.values.subarray(from + 1, from + 10), this.values[from + 10], opacity);
  }
}

function inverted([a, b, c, d, e, f, g, h, i]) {
  return [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
}
