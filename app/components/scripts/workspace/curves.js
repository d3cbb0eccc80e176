// Areas of confidence as pixels: a column of a curve is a few numbers in an array, and a whole redraw one copy of it.
// Paths of thousands of columns took most of the time of a zoom.

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
