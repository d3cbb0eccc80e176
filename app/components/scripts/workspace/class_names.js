// The names left of the lanes of the classes: one a row with its confidence at the playhead, and a bar a group that folds it.

import { fill, html } from "../markup.js";
import { classColour, glyph, icon } from "./theme.js";

const LEAST = 0.05; // confidence from which it is told

export class ClassNames {
  /** @param lanes beside which they stand; choose(action): a name was clicked */
  constructor(lanes, choose) {
    this.lanes = lanes;
    this.root = lanes.root.querySelector(".names");
    this.root.addEventListener("click", (event) => {
      const fold = event.target.closest(".fold"), lane = event.target.closest(".lane");
      if (fold) lanes.fold(fold.dataset.group, event.altKey);
      else if (lane?.dataset.class) choose(lanes.data.classes.find((c) => c.index === Number(lane.dataset.class)));
    });
  }

  draw() {
    const { theme, height, action, rows, bars } = this.lanes;
    const key = [theme, height, action?.index, ...rows.flatMap((r) => [r.y, r.height, r.folded, r.classes[0].index])].join();
    if (key === this.key) return; // a zoom leaves it as it is
    this.key = key;
    fill(this.root, [...bars.map((bar) => this.bar(bar, theme)), ...rows.map((row, i) => this.row(row, i, theme, action))]);
    this.values = [...this.root.querySelectorAll(".lane")].map((lane) => lane.querySelector(".value"));
  }

  bar({ group, top, height, folded }, theme) {
    return html`<button class="fold" data-group="${group.name}" title="${folded ? "Unfold" : "Fold"} ${group.label} (Alt: only this one open)"
      style="top:${top}px;height:${height}px;background:${classColour(group.classes[0], theme)}24"><span style="transform:rotate(${folded ? -90 : 0}deg)">${icon("down", 10, 2)}</span></button>`;
  }

  row(row, i, theme, action) {
    const one = row.classes[0], own = !row.folded && action?.index === one.index, size = Math.min(14, row.height);
    const name = row.folded ? html`${row.group.label} <span class="muted">${row.classes.length}</span>` : one.short;
    return html`<button class="lane ${own ? "on" : ""}" data-class="${row.folded ? "" : one.index}" data-row="${i}"
      style="top:${row.y}px;height:${row.height}px">${glyph(one, theme, size, true)}<span class="label">${name}</span><span class="value"></span></button>`;
  }

  /** Each row's confidence at the playhead, if worth telling. */
  drawValues() {
    const [half, seconds] = this.lanes.headTime, scores = this.lanes.arrays.get(half)?.scores;
    if (!scores || !this.values) return;
    const sample = Math.round(seconds * this.lanes.data.rate);
    this.lanes.rows.forEach((row, i) => {
      const value = Math.max(...row.classes.map((c) => scores.interpolated(c.index, sample))) / 255;
      const text = value >= LEAST ? value.toFixed(2).replace(/^0/, "") : "";
      if (this.values[i] && this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }
}
