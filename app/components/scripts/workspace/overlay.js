// What is drawn over the picture: the attention map and the entities of the sample shown.
//
// Boxes and maps belong to the samples, two a second. On a sample's own frame they are drawn in full; on the
// frames between they stand for the nearest sample and are drawn fainter, for the players have moved on.

import { heatTable } from "./theme.js";

const BETWEEN = 0.45; // opacity half way between two samples
const CARD_PADDING = 3.5; // pixels around a card, which is too small to frame tightly

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.heat = heatTable();
    this.small = document.createElement("canvas");
    this.options = { map: true, boxes: true, names: true, opacity: 0.65, layer: "entities" };
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
   * @param scene {video, sample, distance (seconds to the sample), spacing, entities, names, map, grid}
   */
  draw(scene) {
    this.clear();
    if (!scene.video.videoWidth) return;
    const place = this.picture(scene.video);
    const share = Math.min(1, Math.abs(scene.distance) / (scene.spacing / 2));
    this.pen.globalAlpha = 1 - (1 - BETWEEN) * share;
    const rows = scene.entities ? scene.entities.of(scene.sample) : [];
    if (this.options.map) {
      if (this.options.layer === "entities") this.weights(rows, place);
      else if (scene.map) this.map(scene.map, scene.grid, scene.sample, place);
    }
    if (this.options.boxes) this.boxes(rows, scene.names, place);
    this.pen.globalAlpha = 1;
    this.shown = { sample: scene.sample, boxes: rows.length };
  }

  /** Where the picture lies inside the element (it keeps its shape). */
  picture(video) {
    const W = this.canvas.width, H = this.canvas.height, scale = Math.min(W / video.videoWidth, H / video.videoHeight);
    const w = video.videoWidth * scale, h = video.videoHeight * scale;
    return { x: (W - w) / 2, y: (H - h) / 2, w, h, unit: devicePixelRatio };
  }

  /** The weights of the kept entities, each filling its own box: nothing is spread beyond it. */
  weights(rows, place) {
    for (const row of rows.filter((r) => r.kept).sort((a, b) => a.weight - b.weight)) {
      const at = Math.round(Math.min(1, row.weight) * 255) * 4, [x, y, w, h] = this.rectangle(row.box, place);
      const [r, g, b, a] = this.heat.subarray(at, at + 4);
      this.pen.fillStyle = `rgba(${r},${g},${b},${(a / 255) * this.options.opacity})`;
      this.pen.fillRect(x, y, w, h);
    }
  }

  /** A map of the whole picture, cell by cell as the model has it. */
  map(values, grid, sample, place) {
    const [h, w] = grid, image = new ImageData(w, h), from = sample * h * w;
    for (let i = 0; i < h * w; i++) image.data.set(this.heat.subarray(4 * values[from + i], 4 * values[from + i] + 4), 4 * i);
    this.small.width = w;
    this.small.height = h;
    this.small.getContext("2d").putImageData(image, 0, 0);
    const before = this.pen.globalAlpha;
    this.pen.globalAlpha = before * this.options.opacity;
    this.pen.imageSmoothingEnabled = false;
    this.pen.drawImage(this.small, place.x, place.y, place.w, place.h);
    this.pen.globalAlpha = before;
  }

  boxes(rows, names, place) {
    const taken = [];
    for (const row of rows.filter((r) => !r.kept)) this.frame(row, names, place);
    const kept = rows.filter((r) => r.kept).sort((a, b) => b.weight - a.weight);
    for (const row of [...kept].reverse()) this.frame(row, names, place);
    if (this.options.names) for (const row of kept) this.tag(row, names, place, taken);
  }

  frame(row, names, place) {
    const pen = this.pen, card = /card/.test(names[row.entity].name), unit = place.unit;
    const [x, y, w, h] = this.rectangle(row.box, place, card ? CARD_PADDING * unit : 0);
    pen.save();
    if (row.kept) {
      const width = (1.3 + 2.8 * row.weight) * unit;
      pen.strokeStyle = "rgba(0,0,0,.55)";
      pen.lineWidth = width + 1.6 * unit;
      pen.strokeRect(x, y, w, h);
      pen.strokeStyle = names[row.entity].colour;
      pen.lineWidth = width;
    } else {
      pen.globalAlpha *= 0.62;
      pen.setLineDash([3.5 * unit, 3 * unit]);
      pen.strokeStyle = "#FFFFFF";
      pen.lineWidth = 0.9 * unit;
    }
    pen.strokeRect(x, y, w, h);
    pen.restore();
  }

  /** Name and weight beside the box: above, right, below or left of it, else not at all. */
  tag(row, names, place, taken) {
    const pen = this.pen, unit = place.unit, name = names[row.entity].name;
    const weight = row.weight.toFixed(2).replace(/^0/, "");
    pen.font = `600 ${11 * unit}px Inter, system-ui, sans-serif`;
    const nameWidth = pen.measureText(name).width;
    pen.font = `400 ${11 * unit}px Inter, system-ui, sans-serif`;
    const w = nameWidth + pen.measureText(weight).width + 18 * unit, h = 15 * unit, gap = 3 * unit;
    const [x, y, bw, bh] = this.rectangle(row.box, place, /card/.test(name) ? CARD_PADDING * unit : 0);
    const spots = [[x, y - h - gap], [x + bw + gap, y], [x, y + bh + gap], [x - w - gap, y], [x + bw + 12 * unit, y - h - 8 * unit]];
    const fits = ([tx, ty]) =>
      tx >= place.x && ty >= place.y && tx + w <= place.x + place.w && ty + h <= place.y + place.h - 40 * unit &&
      !taken.some((o) => tx < o[0] + o[2] && o[0] < tx + w && ty < o[1] + o[3] && o[1] < ty + h);
    const spot = spots.find(fits);
    if (!spot) return;
    taken.push([spot[0], spot[1], w, h]);
    pen.fillStyle = "rgba(10,13,16,.88)";
    pen.beginPath();
    pen.roundRect(spot[0], spot[1], w, h, 3 * unit);
    pen.fill();
    pen.fillStyle = names[row.entity].colour;
    pen.fillRect(spot[0], spot[1], 2.5 * unit, h);
    pen.textBaseline = "middle";
    pen.fillStyle = "#FFFFFF";
    pen.font = `600 ${11 * unit}px Inter, system-ui, sans-serif`;
    pen.fillText(name, spot[0] + 6.5 * unit, spot[1] + h / 2 + 0.5 * unit);
    pen.fillStyle = "#D5DCE4";
    pen.font = `400 ${11 * unit}px Inter, system-ui, sans-serif`;
    pen.fillText(weight, spot[0] + 12.5 * unit + nameWidth, spot[1] + h / 2 + 0.5 * unit);
  }

  rectangle(box, place, padding = 0) {
    const x = place.x + box[0] * place.w, y = place.y + box[1] * place.h;
    return [x - padding, y - padding, (box[2] - box[0]) * place.w + 2 * padding, (box[3] - box[1]) * place.h + 2 * padding];
  }
}
