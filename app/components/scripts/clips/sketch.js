// Drawing on a frozen picture: arrows, circles, lines and words, as the export burns them in (clips/freeze.py).
//
// Places are shares of the picture, so that a drawing is the same at every size.

import { checkedColour, fill, html, insert } from "../markup.js";
import { icon } from "../workspace/theme.js";

const TOOLS = [["arrow", "Arrow", "M3 13L13 3M6.5 3H13v6.5"], ["circle", "Circle", "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z"], ["line", "Line", "M3 13L13 3"], ["text", "Words", "M3.5 4V3h9v1M8 3v10M6 13h4"]];
const COLOURS = [["#FFD60A", "Yellow"], ["#FF453A", "Red"], ["#40C8FF", "Blue"], ["#FFFFFF", "White"]];
const LONGEST_TEXT = 80;
const LEAST = 0.008; // of the picture that a stroke is long: less is a click

// Measures as in clips/freeze.py, in shares of the picture's height.
const WIDE = 1 / 110, CASING = 1.7, HEAD = 4.5, LETTERS = 0.045;

export class Sketch {
  /**
   * @param player whose stage is drawn on
   * @param hooks {changed(strokes), ended()}
   */
  constructor(player, hooks) {
    this.player = player;
    this.hooks = hooks;
    this.tool = "arrow";
    this.colour = COLOURS[0][0];
    this.freeze = null; // that is shown
    this.editing = false;
    const stage = player.q(".stage");
    insert(stage, "beforeend", html`<svg class="sketch" hidden role="img" aria-label="What is drawn on this picture"></svg><input class="sketch-words" maxlength="${LONGEST_TEXT}" placeholder="Words, then Enter" aria-label="Words on the picture" hidden>`);
    insert(stage, "afterend", html`<div class="sketch-tools" role="toolbar" aria-label="Drawing" hidden></div>`);
    this.svg = stage.querySelector(".sketch");
    this.tools = player.q(".sketch-tools");
    this.words = stage.querySelector(".sketch-words");
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.drag(event));
    this.svg.addEventListener("pointerup", (event) => this.end(event));
    this.svg.addEventListener("pointercancel", () => { this.stroke = null; this.draw(); });
    this.tools.addEventListener("click", (event) => this.choose(event.target.closest("button")?.dataset ?? {}));
    this.words.addEventListener("keydown", (event) => this.write(event));
    this.words.addEventListener("blur", () => (this.words.hidden = true));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(stage);
  }

  /** Show a frozen picture's drawing, or none. */
  show(freeze, editing = false) {
    if (this.editing && !editing) this.words.hidden = true;
    this.freeze = freeze;
    this.editing = Boolean(freeze) && editing;
    this.draw();
  }

  choose({ tool, colour, act }) {
    if (tool) this.tool = tool;
    if (colour) this.colour = colour;
    if (act === "undo") this.change(this.freeze.strokes.slice(0, -1));
    if (act === "clear") this.change([]);
    if (act === "done") this.hooks.ended();
    else this.draw();
  }

  change(strokes) {
    this.freeze = { ...this.freeze, strokes };
    this.hooks.changed(strokes);
    this.draw();
  }

  // --- by pointer ------------------------------------------------------------------------------------

  place() {
    const { overlay, video } = this.player;
    if (!video.videoWidth) return null;
    const { x, y, w, h, unit } = overlay.picture(video);
    return w ? { x: x / unit, y: y / unit, w: w / unit, h: h / unit } : null;
  }

  at(event) {
    const box = this.svg.getBoundingClientRect(), share = (value) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
    return [share((event.clientX - box.x) / box.width), share((event.clientY - box.y) / box.height)];
  }

  begin(event) {
    if (!this.editing || event.button > 0) return;
    event.preventDefault();
    const at = this.at(event);
    if (this.tool === "text") { this.ask(at); return; }
    this.svg.setPointerCapture(event.pointerId);
    this.stroke = { kind: this.tool, start: at, end: at, colour: this.colour, text: "" };
  }

  drag(event) {
    if (!this.stroke) return;
    this.stroke = { ...this.stroke, end: this.at(event) };
    this.draw();
  }

  end(event) {
    if (!this.stroke) return;
    const stroke = { ...this.stroke, end: this.at(event) };
    this.stroke = null;
    if (Math.hypot(stroke.end[0] - stroke.start[0], stroke.end[1] - stroke.start[1]) < LEAST) this.draw();
    else this.change([...this.freeze.strokes, stroke]);
  }

  ask(at) {
    const place = this.place();
    this.wordsAt = at;
    Object.assign(this.words.style, { left: `${Math.min(place.x + at[0] * place.w, place.x + place.w - 170)}px`, top: `${place.y + at[1] * place.h - 14}px` });
    this.words.value = "";
    this.words.hidden = false;
    requestAnimationFrame(() => this.words.focus({ preventScroll: true }));
  }

  write(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.words.blur();
    if (event.key !== "Enter") return;
    const text = this.words.value.trim();
    this.words.blur();
    if (text) this.change([...this.freeze.strokes, { kind: "text", start: this.wordsAt, end: this.wordsAt, colour: this.colour, text }]);
  }

  // --- drawing ---------------------------------------------------------------------------------------

  draw() {
    const place = this.freeze && this.place();
    this.svg.toggleAttribute("hidden", !place);
    this.tools.hidden = !this.editing;
    this.svg.classList.toggle("editing", this.editing);
    if (this.editing) this.drawTools();
    if (!place) return;
    const { w, h } = place;
    Object.assign(this.svg.style, { left: `${place.x}px`, top: `${place.y}px`, width: `${w}px`, height: `${h}px` });
    this.svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    fill(this.svg, [...this.freeze.strokes, ...(this.stroke ? [this.stroke] : [])].map((stroke) => drawn(stroke, w, h)));
  }

  drawTools() {
    const tool = ([name, title, path]) => html`<button class="ic ${name === this.tool ? "on" : ""}" data-tool="${name}" title="${title}" aria-label="${title}" aria-pressed="${String(name === this.tool)}"><svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg></button>`;
    const colour = ([value, title]) => html`<button class="swatch ${value === this.colour ? "on" : ""}" data-colour="${value}" title="${title}" aria-label="${title}" aria-pressed="${String(value === this.colour)}"><i style="background:${value}"></i></button>`;
    const empty = this.freeze.strokes.length ? "" : "disabled";
    fill(this.tools, html`${TOOLS.map(tool)}<span class="bar"></span>${COLOURS.map(colour)}<span class="bar"></span>
      <button class="button small" data-act="undo" ${empty}>Take back</button><button class="button small" data-act="clear" ${empty}>Clear</button><button class="button small solid" data-act="done">${icon("check", 13)}Done</button>`);
  }

  destroy() { this.observer.disconnect(); }
}

/** A stroke as SVG, on a picture of so many pixels. */
export function drawn(stroke, w, h) {
  const [[x1, y1], [x2, y2]] = [stroke.start, stroke.end].map(([x, y]) => [x * w, y * h]), wide = h * WIDE, colour = checkedColour(stroke.colour);
  if (stroke.kind === "text") return html`<text x="${x1}" y="${y1}" fill="${colour}" style="font-size:${h * LETTERS}px;stroke-width:${(h * LETTERS) / 4.5}px">${stroke.text}</text>`;
  const shape = { circle: circle, line: line, arrow: arrow }[stroke.kind];
  return [html`<g class="casing" stroke-width="${wide * CASING}">${shape(x1, y1, x2, y2, wide, "#000")}</g>`, html`<g stroke="${colour}" stroke-width="${wide}">${shape(x1, y1, x2, y2, wide, colour)}</g>`];
}

const circle = (x1, y1, x2, y2) => html`<ellipse cx="${(x1 + x2) / 2}" cy="${(y1 + y2) / 2}" rx="${Math.abs(x2 - x1) / 2}" ry="${Math.abs(y2 - y1) / 2}" fill="none"/>`;
const line = (x1, y1, x2, y2) => html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

function arrow(x1, y1, x2, y2, wide, colour) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1, [ax, ay] = [(x2 - x1) / length, (y2 - y1) / length];
  const head = Math.min(length, wide * HEAD), [fx, fy] = [x2 - ax * head, y2 - ay * head], half = wide * 2;
  return html`<line x1="${x1}" y1="${y1}" x2="${fx}" y2="${fy}"/><path d="M${x2} ${y2}L${fx - ay * half} ${fy + ax * half}L${fx + ay * half} ${fy - ax * half}Z" fill="${colour}" stroke-width="${wide * 0.2}"/>`;
}
