// The ruler over the lanes: times, a line at each, what lies between the parts, and at close range the frames.

import { GUTTER, HALF_GAP, RIGHT } from "./axis.js";
import { RULER } from "./layout.js";
import { colour } from "./theme.js";
import { countUpTo, partClock, shownParts } from "./time.js";

const STEPS = [0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600]; // seconds
const LABEL = 62; // pixels that a time takes
const FRAMES = 6; // seconds in view from which on frames have ticks

export function drawRuler(lanes) {
  const pen = lanes.ink, span = lanes.view[1] - lanes.view[0];
  const step = STEPS.find((s) => s * lanes.scale >= LABEL) ?? 900, grid = step / (step >= 2 ? 2 : 1);
  pen.font = "10.5px Inter, system-ui, sans-serif";
  pen.fillStyle = colour(lanes.theme, "textMuted");
  pen.strokeStyle = colour(lanes.theme, "laneGrid");
  pen.lineWidth = 1;
  for (const s of lanes.segments) {
    const from = Math.max(0, lanes.view[0] - s.start), to = Math.min(s.length, lanes.view[1] - s.start);
    for (let k = Math.ceil(from / grid - 1e-9); k * grid <= to; k++) {
      const t = k * grid, x = Math.round(lanes.xOf(s.half, t)) + 0.5;
      pen.beginPath();
      pen.moveTo(x, RULER - 4);
      pen.lineTo(x, lanes.bottom);
      pen.stroke();
      const labelled = Math.abs(t / step - Math.round(t / step)) < 1e-6;
      if (labelled && x + 40 < GUTTER + lanes.plot + RIGHT && !(lanes.breaks().length && t + 40 / lanes.scale > s.length)) {
        pen.fillText(partClock(s.half, t, step < 1 ? 1 : 0), x + 3, 13);
      }
    }
  }
  if (span <= FRAMES) drawFrames(lanes);
  for (const b of lanes.breaks()) drawBreak(lanes, lanes.x(b) - HALF_GAP);
  pen.strokeStyle = colour(lanes.theme, "border");
  pen.beginPath();
  for (const y of [RULER + 0.5, lanes.foot - 0.5]) { pen.moveTo(0, y); pen.lineTo(lanes.width, y); }
  pen.stroke();
}

function drawBreak(lanes, x) {
  const pen = lanes.ink;
  pen.fillStyle = colour(lanes.theme, "hover");
  pen.fillRect(x, RULER, HALF_GAP, lanes.bottom - RULER);
  pen.save();
  pen.translate(x + HALF_GAP / 2 + 4, (RULER + lanes.bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillStyle = colour(lanes.theme, "textMuted");
  pen.fillText(shownParts().between, 0, 0);
  pen.restore();
}

/** A tick for every frame, from the time table of the file. */
function drawFrames(lanes) {
  const pen = lanes.ink;
  pen.strokeStyle = colour(lanes.theme, "borderStrong");
  for (const s of lanes.segments) {
    const times = lanes.arrays.get(s.half)?.frameTimes;
    if (!times) continue;
    pen.beginPath();
    for (let i = countUpTo(times, lanes.view[0] - s.start), stop = countUpTo(times, lanes.view[1] - s.start); i < stop; i++) {
      const x = Math.round(lanes.x(s.start + times[i])) + 0.5;
      pen.moveTo(x, RULER - 3);
      pen.lineTo(x, RULER);
    }
    pen.stroke();
  }
}
