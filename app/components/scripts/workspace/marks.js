// Marks in the rows of the lanes: a triangle from above for what was spotted, one from below for what is true, a disc for
// another system's, and other shapes for what was reviewed.

import { classColour, colour } from "./theme.js";

const FULL = 1.4; // pixels a second from which marks are drawn in full
const LINE = { accepted: [[[-0.55, 0], [-0.1, 0.5], [0.6, -0.5]]], moved: [[[-0.6, 0], [0.6, 0]], [[0.15, -0.45], [0.6, 0], [0.15, 0.45]]], "re-classed": [[[0, -0.6], [0, 0.6]], [[-0.45, 0.15], [0, 0.6], [0.45, 0.15]]] };
const CROSS = [[[-0.8, -0.8], [0.8, 0.8]], [[0.8, -0.8], [-0.8, 0.8]]];

/** Whether marks are drawn in full; else they are ticks. */
export const inFull = (lanes) => lanes.scale > FULL;

/** Half the width of a mark, pixels. */
export const markSize = (lanes) => Math.min(4.2, lanes.lane * 0.3) + (lanes.lane > 18 ? 1.2 : 0);

/** A triangle: of what was spotted in its class's colour, hollow where that is no action of its own; of what is true upside down. */
export function triangle(lanes, x, y, s, action = null, hollow = false) {
  const pen = lanes.ink, d = action ? 1 : -1;
  pen.beginPath();
  pen.moveTo(x - s, y - d * s * 0.8);
  pen.lineTo(x + s, y - d * s * 0.8);
  pen.lineTo(x, y + d * s * 0.9);
  pen.closePath();
  pen.lineWidth = action && !hollow ? 1 : 1.2;
  pen.lineJoin = "round";
  pen.fillStyle = action && !hollow ? classColour(action, lanes.theme) : colour(lanes.theme, "surface");
  pen.strokeStyle = hollow ? classColour(action, lanes.theme) : colour(lanes.theme, action ? "surface" : "text");
  pen.fill();
  pen.stroke();
}

/** Around what one of two systems has alone. */
export function ring(lanes, x, y, size) {
  const pen = lanes.ink;
  pen.beginPath();
  pen.arc(x, y, size * 1.45, 0, 7);
  pen.strokeStyle = colour(lanes.theme, "warning");
  pen.lineWidth = 1.3;
  pen.stroke();
}

/** A reviewed mark is told by its shape: square with tick or arrow (aside: moved, down: of another class), cross, diamond. */
export function reviewed(lanes, x, y, s, action, state) {
  const pen = lanes.ink, own = classColour(action, lanes.theme), paper = colour(lanes.theme, "surface");
  const line = (points, ink, width) => {
    pen.beginPath();
    points.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx * s, y + dy * s) : pen.moveTo(x + dx * s, y + dy * s)));
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.stroke();
  };
  if (state === "rejected") {
    for (const points of CROSS) line(points, own, 1.8);
    return;
  }
  pen.fillStyle = own;
  pen.save();
  pen.translate(x, y);
  if (state === "added") pen.rotate(Math.PI / 4);
  pen.fillRect(-s, -s, 2 * s, 2 * s);
  pen.restore();
  for (const points of LINE[state] ?? []) line(points, paper, 1.4);
}

/** Marks at low zoom: truth and prediction of one lane within 4 pixels merge. */
export class Ticks {
  constructor() { this.taken = new Set(); }

  draw(lanes, x, row, mark, predicted) {
    const key = `${row.y}/${Math.round(x / 4)}`;
    if (!predicted && this.taken.has(key)) return;
    this.taken.add(key);
    lanes.ink.fillStyle = predicted ? classColour(mark.action, lanes.theme) + (mark.replayed ? "80" : "") : colour(lanes.theme, "textMuted");
    lanes.ink.fillRect(x - 1, row.y + 1, 2, predicted ? (lanes.halved ? row.height / 2 : row.height - 2) : 3);
  }
}
