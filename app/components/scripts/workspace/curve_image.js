// Areas of confidence as pixels: a column of a curve is a few numbers in an array, and a whole redraw one copy of it.
// Paths of thousands of columns took most of the time of a zoom.

import { classColour } from "./theme.js";

const FAINT = 0.42, FAINT_CHOSEN = 0.6; // opacity below the threshold
const FOLDED = 0.5; // threshold of a group's row
const LEAST_SHOWN = 3; // of 255: a confidence below it is not drawn

/** "#62D19B" as the bytes of a pixel without its opacity, red first in memory. */
const bytesOf = (hex) => parseInt(hex.slice(5, 7) + hex.slice(3, 5) + hex.slice(1, 3), 16);

export class CurveImage {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.pen = this.canvas.getContext("2d");
  }

  /** Start anew, that many pixels of the screen wide and high. */
  begin(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      Object.assign(this.canvas, { width, height });
      this.image = this.pen.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    } else this.pixels.fill(0);
  }

  /** Colour of the columns that follow, and the opacity of their part below the threshold. */
  ink(colour, faint) { this.rgb = bytesOf(colour); this.faint = faint; }

  /**
   * A column at x of a height on a base, faint up to `cut` and opaque above it; `way` is -1 upwards, 1 downwards.
   * What is left of a last pixel is drawn by its share.
   */
  column(x, base, tall, cut, way) {
    const width = this.canvas.width, start = way < 0 ? base - 1 : base, whole = Math.floor(tall);
    if (x < 0 || x >= width) return;
    for (let k = 0; k <= whole; k++) {
      const y = start + way * k, share = k < whole ? 1 : tall - whole, alpha = (k + 0.5 < cut ? this.faint : 1) * share;
      if (y >= 0 && y < this.canvas.height) this.pixels[y * width + x] = (this.rgb | (Math.round(255 * alpha) << 24)) >>> 0;
    }
  }

  /** Put what was drawn under the pen's own marks. */
  paint(pen) {
    this.pen.putImageData(this.image, 0, 0);
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(this.canvas, 0, 0);
    pen.restore();
  }
}

/**
 * Draw the curves of all rows into an image.
 * @param peaks of a half: a function of (class index, from, to, in seconds) that gives the largest value, 0 to 255, or null
 * @param way -1 upwards, 1 downwards; levels: threshold of a class
 */
export function sweep(lanes, image, peaks, way, levels) {
  const ratio = devicePixelRatio, step = 1 / (lanes.scale * ratio);
  image.begin(lanes.back.width, Math.ceil((lanes.bottom + 1) * ratio));
  for (const row of lanes.rows) {
    const { base, full } = lanes.area(row), single = !row.folded && row.classes[0], foot = Math.round(base * ratio), tallest = full * ratio;
    const cut = (single ? levels(single) : FOLDED) * tallest, own = single && lanes.action && single.index === lanes.action.index;
    image.ink(classColour(row.classes[0], lanes.theme), own ? FAINT_CHOSEN : FAINT);
    for (const s of lanes.segments) {
      const peak = peaks(s.half), a = Math.max(lanes.view[0], s.start), b = Math.min(lanes.view[1], s.start + s.length);
      if (!peak || b <= a) continue;
      const left = Math.floor(lanes.xOf(s.half, a - s.start) * ratio), right = Math.ceil(lanes.xOf(s.half, b - s.start) * ratio);
      for (let x = left; x < right; x++) {
        const from = a - s.start + (x - left) * step;
        let most = 0;
        for (const action of row.classes) most = Math.max(most, peak(action.index, from, from + step));
        if (most >= LEAST_SHOWN) image.column(x, foot, (most / 255) * tallest, cut, way);
      }
    }
  }
  image.paint(lanes.ink);
}
