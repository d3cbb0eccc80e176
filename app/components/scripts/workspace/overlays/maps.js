// Over the picture: what decided the chosen spot, at the samples about which that was asked; what the model looked at, the
// weights of its entities, or its map of the picture.

import { fill, html } from "../../markup.js";
import { faintness, rectangle } from "../overlay.js";
import { register } from "../registry.js";
import { heatGradient, heatTable } from "../theme.js";
import { matchClock } from "../time.js";

const LAYERS = { reasons: "What decided", entities: "Entity attention", class_map: "Environment" };
const PITCH = "repeating-linear-gradient(90deg, #2c3a22 0 6px, #3b4d2d 6px 12px)"; // what the heat scale lies on

class Maps {
  legend = html`<select data-option="layer" title="What the map shows" aria-label="Map layer"></select>
    <span class="moment wide"></span><span class="scale"></span><span class="range"></span>`;
  controls = html`<label><input type="checkbox" data-option="map" checked>Map</label>
    <input type="range" data-option="opacity" min="10" max="100" value="65" title="Opacity of the map" aria-label="Opacity of the map"><span class="opacity">65%</span>`;
  keys = { h: () => this.has(this.player.data) && this.player.toggleOption("map") };

  constructor(player) {
    this.player = player;
    this.heat = heatTable();
    this.small = document.createElement("canvas");
    this.chosen = null; // layer that the user has chosen
    Object.assign(this.options, { map: true, opacity: 0.65, layer: "entities" });
  }

  get pen() { return this.player.overlay.pen; }
  get options() { return this.player.overlay.options; }

  get help() { return this.has(this.player.data) ? [["H", "map"]] : []; }

  /** The weights lie in the boxes of their entities; they also stand in where nothing was asked about what decided. */
  get follows() { return this.options.layer !== "class_map"; }

  /** What there is to show of the data; the reasons of the chosen spot come first, for they alone say what decided. */
  layersOf(data) {
    return [...(data.reasons ? ["reasons"] : []), ...(data.arrays.entities ? ["entities"] : []), ...(data.arrays.map ? ["class_map"] : [])];
  }

  /** The map of what decided at a sample, or null where that was not asked. */
  reasonsAt(sample) {
    const reasons = this.options.layer === "reasons" ? this.player.data.reasons : null;
    return (reasons?.half === this.player.half && reasons.values[sample - reasons.first]) || null;
  }

  has(data) { return this.layersOf(data).length > 0; }

  offer(data) {
    const select = this.player.q("select[data-option=layer]"), wanted = this.layersOf(data);
    this.player.q(".scale").style.background = `${heatGradient()}, ${PITCH}`;
    if (select.dataset.made === wanted.join()) return;
    select.dataset.made = wanted.join();
    fill(select, wanted.map((name) => html`<option value="${name}">${LAYERS[name]}</option>`));
    this.options.layer = select.value = wanted.includes(this.chosen) ? this.chosen : (wanted[0] ?? "entities");
  }

  changed(name, input) {
    if (name === "opacity") this.player.q(".opacity").textContent = `${input.value}%`;
    if (name !== "layer") return;
    this.chosen = input.value;
    this.player.prepare();
  }

  async fetch(arrays, action) {
    const [entities, map] = await Promise.all([arrays.entitiesReady(), this.options.layer === "class_map" && action ? arrays.mapReady(action.index) : null]);
    return { entities, map };
  }

  draw(scene, place) {
    const { rows, map, sample } = scene, { layer } = this.options, reasons = this.reasonsAt(sample);
    if (!this.options.map) return;
    if (reasons) this.map(reasons, 0, this.player.data.reasons.grid, place, faintness(scene));
    else if (layer !== "class_map") this.weights(rows, place);
    else if (map) {
      const { grid } = this.player.data.arrays.map;
      this.map(map, sample * grid[0] * grid[1], grid, place);
    }
  }

  /** The weights of the kept entities, each filling its own box: nothing is spread beyond it. */
  weights(rows, place) {
    for (const row of rows.filter((r) => r.kept).sort((a, b) => a.weight - b.weight)) {
      const at = Math.round(Math.min(1, row.weight) * 255) * 4, [x, y, w, h] = rectangle(row.box, place);
      const [r, g, b, a] = this.heat.subarray(at, at + 4);
      this.pen.fillStyle = `rgba(${r},${g},${b},${(a / 255) * this.options.opacity})`;
      this.pen.fillRect(x, y, w, h);
    }
  }

  /** A map of the whole picture, cell by cell as the model has it. */
  map(values, from, [h, w], place, faint = 1) {
    const image = new ImageData(w, h);
    for (let i = 0; i < h * w; i++) image.data.set(this.heat.subarray(4 * values[from + i], 4 * values[from + i] + 4), 4 * i);
    this.small.width = w;
    this.small.height = h;
    this.small.getContext("2d").putImageData(image, 0, 0);
    const before = this.pen.globalAlpha;
    this.pen.globalAlpha = before * faint * this.options.opacity;
    this.pen.imageSmoothingEnabled = false;
    this.pen.drawImage(this.small, place.x, place.y, place.w, place.h);
    this.pen.globalAlpha = before;
  }

  /** The bar names what is drawn, class, moment and scale. */
  drawn({ moment, time, sample }) {
    const { reasons, arrays } = this.player.data, { layer } = this.options, { action, half } = this.player;
    const decided = this.reasonsAt(sample), instead = layer === "reasons" && !decided;
    const of = instead ? (arrays.entities ? "Attention, " : "") : layer !== "entities" && action ? `${action.short}, ` : "";
    const away = moment - time, off = Math.abs(away) < 0.02 ? "" : ` (${away > 0 ? "+" : "−"}${Math.abs(away).toFixed(2)} s)`;
    const line = this.player.q(".moment");
    line.textContent = `${of}${matchClock(half, moment, 1)}${off}`;
    line.title = instead ? `What decided is asked of the moments around the chosen spot; elsewhere ${arrays.entities ? "the weights of the entities are" : "nothing is"} drawn`
      : "Moment of the sample that is drawn, and how far it is from the frame on screen";
    this.player.q("select[data-option=layer]").title = layer === "reasons" ? reasons.title : "What the map shows";
    const most = decided ? reasons.most.toFixed(2) : layer === "class_map" ? (arrays.map?.scale[1].toFixed(1) ?? "") : "1";
    this.player.q(".range").textContent = `0–${most}`;
  }
}

register("overlay", "maps", { reads: ["unmapped", "reasons"], make: (player) => new Maps(player) });
