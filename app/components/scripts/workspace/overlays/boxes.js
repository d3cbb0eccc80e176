// The entities of the frame shown: a box each, the kept ones with name and weight.

import { html } from "../../markup.js";
import { rectangle } from "../overlay.js";
import { register } from "../registry.js";

const CARD_PADDING = 3.5; // pixels around a card, which is too small to frame tightly

class Boxes {
  follows = true;
  controls = html`<label><input type="checkbox" data-option="boxes" checked>Boxes</label>
    <label><input type="checkbox" data-option="names" checked>Names</label>`;
  keys = { b: () => this.has(this.player.data) && this.player.toggleOption("boxes") };

  constructor(player) {
    this.player = player;
    Object.assign(this.options, { boxes: true, names: true });
  }

  get pen() { return this.player.overlay.pen; }
  get options() { return this.player.overlay.options; }

  get help() { return this.has(this.player.data) ? [["B", "boxes"]] : []; }

  has(data) { return data.arrays.entities; }
  async fetch(arrays) { return { entities: await arrays.entitiesReady() }; }

  draw({ rows }, place) {
    if (this.options.boxes) this.boxes(rows, this.player.data.entities, place);
    return { boxes: rows.length };
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
    const [x, y, w, h] = rectangle(row.box, place, card ? CARD_PADDING * unit : 0);
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
    const [x, y, bw, bh] = rectangle(row.box, place, /card/.test(name) ? CARD_PADDING * unit : 0);
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
}

register("overlay", "boxes", { reads: ["entities"], make: (player) => new Boxes(player) });
