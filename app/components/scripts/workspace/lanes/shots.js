// Shots: a strip below the time overview, cameras by tone, replays hatched, and what was reviewed; in the lanes replays are
// hatched, and where changes are reviewed there is a line at each.

import { RULER } from "../layout.js";
import { register } from "../registry.js";
import { tone } from "../review_cameras.js";
import { colour } from "../theme.js";

const TOP = 1, THICK = 8, MARK = 2; // pixels in the strip: where shots begin, how thick they are, and the line of what was reviewed
const APART = 30; // pixels between changes, on average, from which they are drawn in the lanes
const IN_LANES = 6, IN_STRIP = 4; // pixels between the lines of a replay's hatching

class Shots {
  tall = 17;
  whole = true;
  caption = "Shots";
  captionTop = -1;
  rejected = [];

  constructor(workspace) { this.workspace = workspace; }

  /** What a shot in the strip is, and where that comes from. */
  tip(lanes, x, y) {
    const box = lanes.boxes.get(this);
    if (y < box.top || y >= box.top + box.tall) return null;
    const [half, seconds] = lanes.apart(lanes.wholeAt(x)), shot = this.review.shotAt(half, seconds);
    if (!shot) return null;
    return { text: `${this.review.facts(shot)}, from ${this.review.source || "reviewers"}`, title: shot.action.name };
  }

  get review() { return this.workspace.part("cameras").review; }
  /** The chosen change, where changes are reviewed. */
  get chosen() { return this.review.active ? this.review.item : null; }

  /** Shots as the camera changes cut them. */
  respot() {
    for (const s of this.workspace.lanes.segments) s.shots = this.review.shots(s.half);
    this.rejected = this.review.all.filter((c) => c.review?.state === "rejected");
  }

  behind(lanes) {
    for (const s of lanes.segments) for (const shot of s.shots) {
      if (!shot.replay) continue;
      const a = Math.max(lanes.view[0], s.start + shot.start), b = Math.min(lanes.view[1], s.start + shot.end);
      if (b > a) lanes.hatch(lanes.x(a), RULER + 1, (b - a) * lanes.scale, lanes.bottom - RULER, colour(lanes.theme, "replayHatch"), IN_LANES);
    }
    if (this.review.active) this.drawChanges(lanes);
  }

  /** Ends of shots in the lanes, where they lie far enough apart; the chosen one in any case. */
  drawChanges(lanes) {
    const pen = lanes.ink, inView = this.review.all.filter((c) => lanes.inView(c));
    const many = inView.length * APART > lanes.plot;
    for (const change of inView) {
      const own = this.chosen?.id === change.id;
      if (many && !own) continue;
      const x = Math.round(lanes.xOf(change.half, change.seconds)) + 0.5;
      pen.strokeStyle = colour(lanes.theme, own ? "accent" : "borderStrong");
      pen.lineWidth = own ? 1.6 : 1;
      pen.setLineDash(change.review?.state === "rejected" ? [2, 4] : own ? [] : [5, 3]);
      pen.beginPath();
      pen.moveTo(x, RULER + 1);
      pen.lineTo(x, lanes.bottom);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  draw(lanes, box) {
    const pen = lanes.ink, { theme } = lanes, top = box.top + TOP;
    for (const segment of lanes.segments) {
      const x = (seconds) => lanes.wholeX(segment.start + Math.min(segment.length, seconds) - 1e-6);
      const start = lanes.wholeX(segment.start), end = x(segment.length);
      if (!segment.shots.length) { pen.fillStyle = colour(theme, "shotMain"); pen.fillRect(start, top, end - start, THICK); }
      for (const shot of segment.shots) {
        const left = shot.start ? x(shot.start) : start, wide = Math.max(1, x(shot.end) - left - 1);
        pen.fillStyle = tone(shot.action, theme);
        pen.fillRect(left, top, wide, THICK);
        if (shot.replay) lanes.hatch(left, top, wide, THICK, colour(theme, "textMuted"), IN_STRIP);
        if (shot.review && shot.review.state !== "open") { pen.fillStyle = colour(theme, "accent"); pen.fillRect(left, top + THICK + 1, wide, MARK); }
      }
    }
    for (const change of this.rejected) cross(pen, lanes.wholeX(lanes.common(change.half, change.seconds)), top + THICK + MARK, colour(theme, "danger"));
    if (!this.chosen) return;
    const x = lanes.wholeX(lanes.common(this.chosen.half, this.chosen.seconds)); // a line through the strip
    pen.fillStyle = colour(theme, "accent");
    pen.fillRect(x - 1, top - 3, 2, THICK + 6);
  }
}

/** A change that was rejected cuts nothing: a small cross where it was. */
function cross(pen, x, y, ink) {
  pen.strokeStyle = ink;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const side of [-1, 1]) { pen.moveTo(x - 2, y - side * 2); pen.lineTo(x + 2, y + side * 2); }
  pen.stroke();
}

register("lane", "shots", { reads: [], make: (workspace) => new Shots(workspace) });
