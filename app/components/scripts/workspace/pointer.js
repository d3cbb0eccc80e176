// What the pointer does in the lanes: wheel, drags, clicks and what it hangs over; the parts have the first say.

import { GUTTER } from "./axis.js";
import { RULER } from "./layout.js";

const STILL = 3; // pixels that a click may move

export class Pointer {
  constructor(lanes) {
    this.lanes = lanes;
    this.drag = null; // {x, y, view, moved, move(x, y, drag), drop(y)}
    this.hover = null; // pixel of the line under the pointer
    const { canvas } = lanes, at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    canvas.addEventListener("wheel", (event) => this.wheel(event, at(event)[0]), { passive: false });
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.down(...at(event)); });
    canvas.addEventListener("pointermove", (event) => this.move(...at(event)));
    canvas.addEventListener("pointerup", (event) => this.up(...at(event)));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("dblclick", () => lanes.whole());
  }

  /** Zoom, or with Shift move along; where the page is longer than the window the wheel is the page's, and Ctrl zooms. */
  wheel(event, x) {
    const { lanes } = this, along = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (lanes.workspace.root.classList.contains("tiny") && !along && !event.ctrlKey) return;
    event.preventDefault();
    if (along) {
      const by = ((event.deltaX || event.deltaY) / lanes.plot) * (lanes.view[1] - lanes.view[0]);
      lanes.setView(lanes.view[0] + by, lanes.view[1] + by);
    } else lanes.zoom(Math.exp(event.deltaY * 0.0015), lanes.at(x));
  }

  down(x, y) {
    const { lanes } = this, view = [...lanes.view];
    let grabbed = null;
    for (const part of lanes.parts) grabbed ??= part.grab?.(lanes, x, y, lanes.boxes.get(part)) ?? null;
    this.drag = { x, y, view, moved: false, ...(grabbed ?? { move: (to, _y, drag) => this.pan(to, drag) }) };
  }

  pan(to, { x, view: [a, b] }) {
    const by = (x - to) / this.lanes.scale;
    this.lanes.setView(a + by, b + by);
  }

  move(x, y) {
    const drag = this.drag;
    if (!drag) { this.over(x, y); return; }
    if (Math.abs(x - drag.x) > STILL || Math.abs(y - drag.y) > STILL) drag.moved = true;
    if (drag.moved) drag.move(x, y, drag);
  }

  up(x, y) {
    const { drag, lanes } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.drop) { if (drag.moved) drag.drop(y); return; }
    if (drag.moved || x < GUTTER) return;
    const strip = y > lanes.foot ? lanes.stripAt(y) : null;
    const taken = (strip ? [strip] : lanes.parts.filter((part) => !part.tall)).some((part) => part.click?.(lanes, x, y, lanes.boxes.get(part)));
    if (!taken && !strip?.whole) lanes.workspace.player.open(...lanes.apart(lanes.at(x)));
  }

  leave() {
    this.hover = null;
    this.lanes.tip.hidden = true;
    this.lanes.drawHead();
  }

  /** Nothing is held: a line under the pointer, and what a part says of the place. */
  over(x, y) {
    const { lanes } = this, strip = y > lanes.foot ? lanes.stripAt(y) : null, rows = y <= lanes.bottom && y >= RULER;
    if (x < GUTTER || !(rows || strip?.tip)) { this.leave(); return; }
    this.hover = rows ? x : null;
    lanes.drawHead();
    let tip = null;
    for (const part of strip ? [strip] : lanes.parts) tip ??= part.tip?.(lanes, x, y) ?? null;
    lanes.tip.hidden = !tip;
    if (!tip) return;
    lanes.tip.textContent = tip.text;
    lanes.tip.title = tip.title;
    const w = lanes.tip.offsetWidth;
    lanes.tip.style.left = `${Math.min(x + 10, lanes.width - w - 6)}px`;
    lanes.tip.style.top = `${Math.max(RULER, y - 26)}px`;
  }
}
