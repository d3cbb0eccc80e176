// The strip of shots in the minimap: cameras by tone, replays hatched, and what was reviewed.

import { tone } from "./review_cameras.js";
import { colour } from "./theme.js";

const TOP = 19, TALL = 8, MARK = 2; // pixels below the minimap's top: the strip, and under it the line of what was reviewed
const APART = 30; // pixels between changes, on average, from which they are drawn in the lanes

/**
 * Draw the strip.
 *
 * @param lanes whose minimap it is in
 * @param top of the minimap, pixels
 */
export function drawShots(lanes, top) {
  const pen = lanes.ink, theme = lanes.theme;
  for (const segment of lanes.segments) {
    const x = (seconds) => lanes.miniX(segment.start + Math.min(segment.length, seconds) - 1e-6);
    const start = lanes.miniX(segment.start), end = x(segment.length);
    if (!segment.shots.length) { pen.fillStyle = colour(theme, "shotMain"); pen.fillRect(start, top + TOP, end - start, TALL); }
    for (const shot of segment.shots) {
      const left = shot.start ? x(shot.start) : start, wide = Math.max(1, x(shot.end) - left - 1);
      pen.fillStyle = tone(shot.action, theme);
      pen.fillRect(left, top + TOP, wide, TALL);
      if (shot.replay) lanes.hatch(left, top + TOP, wide, TALL, colour(theme, "textMuted"), 4);
      if (shot.review && shot.review.state !== "open") { pen.fillStyle = colour(theme, "accent"); pen.fillRect(left, top + TOP + TALL + 1, wide, MARK); }
    }
  }
  for (const change of lanes.rejected) cross(pen, lanes.miniX(lanes.common(change.half, change.seconds)), top + TOP + TALL + MARK, colour(theme, "danger"));
  if (lanes.camera) bracket(lanes, top);
}

/** A change that was rejected cuts nothing: a small cross where it was. */
function cross(pen, x, y, ink) {
  pen.strokeStyle = ink;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const side of [-1, 1]) { pen.moveTo(x - 2, y - side * 2); pen.lineTo(x + 2, y + side * 2); }
  pen.stroke();
}

/** The chosen change: a line through the strip. */
function bracket(lanes, top) {
  const pen = lanes.ink, x = lanes.miniX(lanes.common(lanes.camera.half, lanes.camera.seconds));
  pen.fillStyle = colour(lanes.theme, "accent");
  pen.fillRect(x - 1, top + TOP - 3, 2, TALL + 6);
}

/** Ends of shots in the lanes, where they lie far enough apart; the chosen one in any case. */
export function drawCameraLines(lanes, top) {
  const pen = lanes.ink, [from, to] = lanes.view, inView = lanes.changes.filter((c) => { const at = lanes.common(c.half, c.seconds); return at >= from && at <= to; });
  const many = inView.length * APART > lanes.plot;
  for (const change of inView) {
    const own = lanes.camera?.id === change.id;
    if (many && !own) continue;
    const x = Math.round(lanes.xOf(change.half, change.seconds)) + 0.5;
    pen.strokeStyle = colour(lanes.theme, own ? "accent" : "borderStrong");
    pen.lineWidth = own ? 1.6 : 1;
    pen.setLineDash(change.review?.state === "rejected" ? [2, 4] : own ? [] : [5, 3]);
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, lanes.bottom);
    pen.stroke();
  }
  pen.setLineDash([]);
}
