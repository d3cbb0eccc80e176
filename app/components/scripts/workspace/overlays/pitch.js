// The pitch's lines over the picture, as the calibration of the frame says; nothing where there is none.

import { html } from "../../markup.js";
import { Calibrations } from "../calibrations.js";
import { register } from "../registry.js";

const STEPS = 24; // parts of a straight line, so that what lies behind the camera is left out

const TITLE = "The pitch's lines, where the calibration puts them (Y)";

class PitchLines {
  controls = html`<label class="pitch-lines"><input type="checkbox" data-option="pitch">Lines<span class="sureness"></span></label>`;
  keys = { y: () => this.has(this.player.data) && this.player.toggleOption("pitch") };

  constructor(player) {
    this.player = player;
    this.fetching = new Map(); // by address
    Object.assign(this.options, { pitch: false });
  }

  get options() { return this.player.overlay.options; }
  get help() { return this.has(this.player.data) ? [["Y", "the pitch's lines"]] : []; }

  has(data) { return Boolean(data.pitch); }
  offer() { this.describe(null); }

  changed(name) { if (name === "pitch" || name === "minimap") this.player.prepare(); }

  /** The calibrations of the half, once something is drawn by them; a file that cannot be used is said, and takes nothing else away. */
  async fetch(arrays) {
    if (!(this.options.pitch || this.options.minimap)) return { calibrations: null };
    let problem = null;
    const calibrations = await this.calibrationsOf(arrays.half.half).catch((error) => { problem = error.message; return null; });
    if (arrays.half.half === this.player.half) this.describe(problem);
    return { calibrations };
  }

  /** The calibrations of a half, fetched once; null where there are none. */
  async calibrationsOf(half) {
    const address = this.player.data.pitch?.halves[half];
    if (!address) return null;
    if (!this.fetching.has(address)) this.fetching.set(address, Calibrations.load(address));
    return this.fetching.get(address).catch((error) => { this.fetching.delete(address); throw error; }); // tried again the next time
  }

  /** What the control says of itself: a problem, where there is one. */
  describe(problem) {
    const label = this.player.q(".pitch-lines");
    label.classList.toggle("unusable", problem !== null);
    label.title = problem ?? TITLE;
  }

  draw({ calibrations, time }, place) {
    const camera = this.options.pitch ? calibrations?.at(time) : null, { pen } = this.player.overlay;
    this.say(!this.options.pitch ? "" : !camera ? " none here" : camera.confidence < 0 ? "" : ` ${camera.confidence.toFixed(2)}`);
    if (!camera) return { pitch: false };
    pen.save();
    pen.globalAlpha = camera.opacity;
    pen.beginPath();
    pen.rect(place.x, place.y, place.w, place.h);
    pen.clip();
    pen.beginPath();
    for (const line of this.player.data.pitch.lines) this.line(line, camera, place);
    for (const [style, width] of [["rgba(0,0,0,.55)", 3.2], ["#7CF5D0", 1.4]]) {
      pen.strokeStyle = style;
      pen.lineWidth = width * place.unit;
      pen.stroke();
    }
    pen.restore();
    return { pitch: true };
  }

  /** How sure the calibration is, beside the control. */
  say(text) {
    const place = this.player.q(".sureness");
    if (place.textContent !== text) place.textContent = text;
  }

  line(points, camera, place) {
    const pen = this.player.overlay.pen;
    let on = false;
    for (const [x, y] of points.length === 2 ? parts(points) : points) {
      const at = camera.toPicture(x, y);
      if (!at) { on = false; continue; }
      const px = place.x + at[0] * place.w, py = place.y + at[1] * place.h;
      if (on) pen.lineTo(px, py); else pen.moveTo(px, py);
      on = true;
    }
  }
}

const parts = ([[x1, y1], [x2, y2]]) => Array.from({ length: STEPS + 1 }, (_, i) => [x1 + ((x2 - x1) * i) / STEPS, y1 + ((y2 - y1) * i) / STEPS]);

register("overlay", "pitch", { reads: ["pitch"], make: (player) => new PitchLines(player) });
