// The time overview: the whole match in one row, its spots, and over it the part that the lanes show, which is moved and
// drawn wider or narrower.

import { GUTTER, LEAST_SPAN, RIGHT } from "../axis.js";
import { register } from "../registry.js";
import { classColour, colour } from "../theme.js";

const FOOT = 18, LEAST = 3, MORE = 11; // pixels: where ticks stand, how tall they are, and how much more with confidence
const HANDLE = 6; // pixels around an edge of the part that is shown
const NARROWEST = 4; // pixels of that part

class Overview {
  tall = 18;
  whole = true;
  caption = "Match";

  constructor(workspace) { this.workspace = workspace; }

  /** Ticks, and a veil over what the lanes do not show; it lies over all strips of the whole match, which come last. */
  over(lanes, { top }) {
    const pen = lanes.ink, { theme } = lanes, tall = lanes.height - top;
    for (const spot of this.workspace.spots) {
      const h = LEAST + MORE * (spot.confidence ?? 1);
      pen.fillStyle = classColour(spot.action, theme);
      pen.fillRect(lanes.wholeX(lanes.common(spot.half, spot.seconds)) - 1, top + FOOT - h, 2, h);
    }
    const [a, b] = this.edges(lanes);
    pen.globalAlpha = 0.55;
    pen.fillStyle = colour(theme, "surface");
    pen.fillRect(GUTTER + 1, top + 1, a - GUTTER - 1, tall - 2);
    pen.fillRect(b, top + 1, GUTTER + lanes.plot + RIGHT - b, tall - 2);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour(theme, "textSecondary");
    pen.lineWidth = 1.3;
    pen.beginPath();
    pen.roundRect(a, top + 2.5, Math.max(NARROWEST, b - a), tall - 6, 3);
    pen.stroke();
    pen.fillStyle = colour(theme, "text");
    for (const x of [a, Math.max(a + NARROWEST, b)]) { pen.beginPath(); pen.roundRect(x - 2.5, top + 12, 5, 13, 2.5); pen.fill(); }
  }

  edges(lanes) { return [lanes.wholeX(lanes.view[0]), lanes.wholeX(lanes.view[1] - 1e-6)]; }

  moving(lanes, pen, { top }) {
    pen.fillStyle = colour(lanes.theme, "text");
    pen.fillRect(lanes.wholeX(lanes.head) - 0.7, top + 1, 1.4, lanes.height - top - 4);
  }

  /** An edge of the part that is shown, that part, or the place to which it jumps. */
  grab(lanes, x, y, { top }) {
    if (y <= top) return null;
    const [a, b] = this.edges(lanes);
    if (Math.abs(x - a) < HANDLE) return { move: (to, _y, { view }) => lanes.setView(Math.min(lanes.wholeAt(to), view[1] - LEAST_SPAN), view[1]) };
    if (Math.abs(x - b) < HANDLE) return { move: (to, _y, { view }) => lanes.setView(view[0], Math.max(lanes.wholeAt(to), view[0] + LEAST_SPAN)) };
    if (x > a && x < b) return { move: (to, _y, { x: from, view }) => { const by = lanes.wholeAt(to) - lanes.wholeAt(from); lanes.setView(view[0] + by, view[1] + by); } };
    lanes.centre(lanes.wholeAt(x));
    return { move: () => {} };
  }
}

register("lane", "overview", { reads: [], make: (workspace) => new Overview(workspace) });
