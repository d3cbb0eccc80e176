// What is drawn over the picture, in layers: from the one farthest back to the one in front.
//
// What is drawn belongs to the samples, two a second. On a sample's own frame it is drawn in full. On the frames between a
// layer either follows what it draws (see box_tracks.js) or stands for the nearest sample and is drawn fainter, for the
// players have moved on.

const BETWEEN = 0.45; // opacity half way between two samples

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.layers = [];
    this.options = {}; // as the controls of the layers set them
    this.shown = null;
  }

  /** Fit the canvas to its element. */
  resize() {
    const ratio = devicePixelRatio, { clientWidth: w, clientHeight: h } = this.canvas;
    if (this.canvas.width !== Math.round(w * ratio)) this.canvas.width = Math.round(w * ratio);
    if (this.canvas.height !== Math.round(h * ratio)) this.canvas.height = Math.round(h * ratio);
  }

  clear() {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.shown = null;
  }

  /**
   * Draw the overlay of one frame.
   * @param scene {video, sample, distance (seconds to the sample), spacing}, and what the layers have fetched
   */
  draw(scene) {
    this.clear();
    if (!scene.video.videoWidth) return;
    const place = this.picture(scene.video);
    const faint = faintness(scene);
    const shown = { sample: scene.sample };
    for (const layer of this.layers) {
      this.pen.globalAlpha = layer.follows ? 1 : faint;
      Object.assign(shown, layer.draw(scene, place));
    }
    this.pen.globalAlpha = 1;
    this.shown = shown;
  }

  /** Where the picture lies inside the element (it keeps its shape). */
  picture(video) {
    const W = this.canvas.width, H = this.canvas.height, scale = Math.min(W / video.videoWidth, H / video.videoHeight);
    const w = video.videoWidth * scale, h = video.videoHeight * scale;
    return { x: (W - w) / 2, y: (H - h) / 2, w, h, unit: devicePixelRatio };
  }
}

/** Opacity of what belongs to a sample on a frame beside it. */
export function faintness({ distance, spacing }) {
  return 1 - (1 - BETWEEN) * Math.min(1, Math.abs(distance) / (spacing / 2));
}

/** A box, in shares of the picture, as pixels of the canvas. */
export function rectangle(box, place, padding = 0) {
  const x = place.x + box[0] * place.w, y = place.y + box[1] * place.h;
  return [x - padding, y - padding, (box[2] - box[0]) * place.w + 2 * padding, (box[3] - box[1]) * place.h + 2 * padding];
}
