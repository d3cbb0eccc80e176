// The pitch from above, in a corner of the picture: what the picture shows of it, and who was found where.

import { register } from "../registry.js";

const WIDE = 0.27, MOST = 250; // of the picture's width; pixels at most
const MARGIN = 3; // metres around the pitch
const PEOPLE = /player|goalkeeper|referee/;
const EDGE = 12; // points along each side of the picture

class Minimap {
  controls = `<label class="minimap" title="The pitch from above: what the picture shows, and who was found where (Z)"><input type="checkbox" data-option="minimap">Minimap</label>`;
  keys = { z: () => this.has(this.player.data) && this.player.toggleOption("minimap") };

  constructor(player) {
    this.player = player;
    Object.assign(this.options, { minimap: false });
  }

  get options() { return this.player.overlay.options; }
  get help() { return this.has(this.player.data) ? [["Z", "minimap"]] : []; }

  has(data) { return Boolean(data.pitch); }
  offer(data) { this.player.q(".minimap").hidden = !this.has(data); }

  draw({ calibrations, entities, sample, moment, time }, place) {
    if (!this.options.minimap || !calibrations) return;
    const { pen } = this.player.overlay, box = this.box(place);
    pen.save();
    pen.globalAlpha = 1;
    pen.fillStyle = "rgba(16,34,24,.86)";
    pen.beginPath();
    pen.roundRect(box.x, box.y, box.w, box.h, 4 * place.unit);
    pen.fill();
    pen.clip();
    const now = calibrations.at(time);
    if (now) this.view(now, box, place.unit);
    this.lines(box, place.unit);
    const seen = calibrations.at(moment); // boxes are those of the sample, and so is the camera that places them
    const dots = seen && entities ? this.people(seen, entities.of(sample), box, place.unit) : 0;
    if (!now) this.note("No calibration here", box, place.unit);
    pen.restore();
    return { minimap: dots };
  }

  /** Where the map lies, and the scale from metres to pixels. */
  box(place) {
    const { length, width } = this.player.data.pitch, w = Math.min(place.w * WIDE, MOST * place.unit), scale = w / (length + 2 * MARGIN);
    const h = scale * (width + 2 * MARGIN), gap = 10 * place.unit;
    return { x: place.x + place.w - w - gap, y: place.y + gap, w, h, scale };
  }

  at(box, x, y) { return [box.x + box.w / 2 + x * box.scale, box.y + box.h / 2 + y * box.scale]; }

  path(box, points) {
    const { pen } = this.player.overlay;
    points.forEach(([x, y], i) => (i ? pen.lineTo(...this.at(box, x, y)) : pen.moveTo(...this.at(box, x, y))));
  }

  lines(box, unit) {
    const { pen } = this.player.overlay;
    pen.beginPath();
    for (const line of this.player.data.pitch.lines) this.path(box, line);
    pen.strokeStyle = "rgba(255,255,255,.62)";
    pen.lineWidth = unit;
    pen.stroke();
  }

  /** The part of the ground that the picture shows. */
  view(camera, box, unit) {
    const { pen } = this.player.overlay, t = Array.from({ length: EDGE }, (_, i) => i / EDGE);
    const border = [...t.map((s) => [s, 0]), ...t.map((s) => [1, s]), ...t.map((s) => [1 - s, 1]), ...t.map((s) => [0, 1 - s])];
    const ground = border.map(([u, v]) => camera.toPitch(u, v)).filter((p) => p && Math.abs(p[0]) < 300 && Math.abs(p[1]) < 300);
    if (ground.length < 3) return;
    pen.beginPath();
    this.path(box, ground);
    pen.closePath();
    pen.globalAlpha = 0.35 + 0.65 * camera.opacity;
    pen.fillStyle = "rgba(124,245,208,.16)";
    pen.fill();
    pen.strokeStyle = "#7CF5D0";
    pen.lineWidth = 1.2 * unit;
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** A dot for everybody found who stands on the pitch or close beside it; returns how many. */
  people(camera, rows, box, unit) {
    const { pen } = this.player.overlay, { entities: names, pitch } = this.player.data;
    let dots = 0;
    for (const row of rows) {
      const { name, colour } = names[row.entity], ball = name === "ball";
      const at = ball || PEOPLE.test(name) ? camera.toPitch((row.box[0] + row.box[2]) / 2, row.box[3]) : null;
      if (!at || Math.abs(at[0]) > pitch.length / 2 + MARGIN || Math.abs(at[1]) > pitch.width / 2 + MARGIN) continue;
      pen.beginPath();
      pen.arc(...this.at(box, ...at), (ball ? 2 : 2.8) * unit, 0, 2 * Math.PI);
      pen.fillStyle = colour;
      pen.strokeStyle = "rgba(0,0,0,.7)";
      pen.lineWidth = 0.8 * unit;
      pen.fill();
      pen.stroke();
      dots++;
    }
    return dots;
  }

  note(text, box, unit) {
    const { pen } = this.player.overlay;
    pen.font = `500 ${11 * unit}px Inter, system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = "#E9EDF2";
    pen.fillText(text, box.x + box.w / 2, box.y + box.h / 2);
  }
}

register("overlay", "minimap", { reads: [], make: (player) => new Minimap(player) });
