// The clock that all lanes share: half 1 from 0, half 2 after it, and where its moments lie on screen.
//
// Where both halves are in view a gap of some pixels stands between them. Below the lanes the whole match has a clock
// of its own, which does not move.

export const GUTTER = 146, RIGHT = 14, HALF_GAP = 30; // pixels
export const LEAST_SPAN = 4; // seconds
const WHOLE_GAP = 10; // pixels between the halves on the clock of the whole match

export class Axis {
  /** @param halves [{half, duration}] */
  setHalves(halves) {
    this.segments = [];
    let start = 0;
    for (const half of halves) {
      this.segments.push({ half: half.half, start, length: half.duration, shots: [] });
      start += half.duration;
    }
    this.total = start;
  }

  measure(width, height) {
    this.width = width;
    this.height = height;
    this.plot = width - GUTTER - RIGHT;
    this.scale = (this.plot - HALF_GAP * this.breaks().length) / (this.view[1] - this.view[0]);
  }

  // --- moments ---------------------------------------------------------------------------------------

  common(half, seconds) { const s = this.segments.find((x) => x.half === half); return s ? s.start + seconds : 0; }
  apart(common) {
    const s = this.segments.findLast((x) => common >= x.start) ?? this.segments[0];
    return [s.half, Math.max(0, Math.min(s.length, common - s.start))];
  }
  /** Whether a moment {half, seconds} is in view. */
  inView({ half, seconds }) { const at = this.common(half, seconds); return at >= this.view[0] && at <= this.view[1]; }
  /** Half-times inside the view, on the common axis. */
  breaks() { return this.segments.slice(1).map((s) => s.start).filter((b) => b > this.view[0] && b < this.view[1]); }

  // --- pixels ----------------------------------------------------------------------------------------

  x(common) {
    let x = GUTTER + (common - this.view[0]) * this.scale;
    for (const b of this.breaks()) if (common >= b) x += HALF_GAP;
    return x;
  }
  xOf(half, seconds) {
    const b = this.segments.find((s) => s.half === half);
    const end = b && seconds >= b.length - 1e-9 && this.breaks().includes(b.start + b.length);
    return end ? this.x(b.start + b.length) - HALF_GAP : this.x(this.common(half, seconds));
  }
  /** Common time at a pixel; inside a half-time gap, the half-time. */
  at(x) {
    let left = GUTTER, from = this.view[0];
    for (const b of this.breaks()) {
      const edge = left + (b - from) * this.scale;
      if (x < edge) break;
      if (x < edge + HALF_GAP) return b;
      left = edge + HALF_GAP;
      from = b;
    }
    return from + (x - left) / this.scale;
  }
  /** Where a common time lies on the clock of the whole match. */
  wholeX(common) {
    const gaps = WHOLE_GAP * (this.segments.length - 1), before = this.segments.filter((s) => s.start > 0 && common >= s.start).length;
    return GUTTER + (common * (this.plot - gaps)) / this.total + before * WHOLE_GAP;
  }
  wholeAt(x) {
    const gaps = WHOLE_GAP * (this.segments.length - 1), scale = (this.plot - gaps) / this.total;
    for (let k = this.segments.length - 1; k > 0; k--) {
      const edge = this.wholeX(this.segments[k].start);
      if (x >= edge - WHOLE_GAP) return Math.max(this.segments[k].start, this.segments[k].start + (x - edge) / scale);
    }
    return Math.max(0, Math.min(this.total, (x - GUTTER) / scale));
  }

  // --- view ------------------------------------------------------------------------------------------

  setView(from, to) {
    const span = Math.min(this.total, Math.max(LEAST_SPAN, to - from));
    from = Math.max(0, Math.min(this.total - span, from));
    this.view = [from, from + span];
    this.draw();
  }
  zoom(factor, centre) {
    const [a, b] = this.view, c = centre ?? (this.head && this.head >= a && this.head <= b ? this.head : (a + b) / 2);
    this.setView(c - (c - a) * factor, c + (b - c) * factor);
  }
  whole() { this.setView(0, this.total); }
  centre(common) {
    const half = (this.view[1] - this.view[0]) / 2;
    this.setView(common - half, common + half);
  }
  /** Bring a moment into view, keeping the zoom. */
  reveal(half, seconds) {
    const c = this.common(half, seconds), [a, b] = this.view;
    if (c < a || c > b) this.centre(c);
  }
}
