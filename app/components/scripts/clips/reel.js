// The reel: all clips in their order, as thumbnails that are dragged into place.

import { fill, fillChanged, html } from "../markup.js";
import { glyph } from "../workspace/theme.js";
import { halfClock, matchClock } from "../workspace/time.js";

export class Reel {
  /** @param hooks {choose(index), move(from, to), drop(index), undo(), redo()} */
  constructor(root, hooks) {
    fill(root, html`<div class="head"><span>Reel</span><span class="caption total"></span><span class="spring"></span>
      <span class="caption">Drag or <kbd>Alt</kbd> <kbd>← →</kbd> to reorder, <kbd>Del</kbd> to drop</span>
      <button class="button ghost small" data-reel="undo" title="Undo (Ctrl+Z)">Undo</button><button class="button ghost small" data-reel="redo" title="Redo (Ctrl+Y)">Redo</button></div>
      <div class="reel" role="listbox" aria-label="Clips"></div><p class="empty" hidden>No clips. Choose spots above, or press M to mark what is on screen.</p>`);
    this.root = root;
    this.list = root.querySelector(".reel");
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-reel]")?.dataset.reel;
      if (button) hooks[button]();
      else if (this.at(event) !== null) hooks.choose(this.at(event));
    });
    this.list.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.at(event) !== null) hooks.choose(this.at(event));
    });
    this.list.addEventListener("dragstart", (event) => {
      this.carried = this.at(event);
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", String(this.carried));
      event.target.closest(".clip").classList.add("carried");
    });
    this.list.addEventListener("dragover", (event) => {
      if (this.carried === null || this.carried === undefined) return;
      event.preventDefault();
      this.over(this.at(event));
    });
    this.list.addEventListener("drop", (event) => {
      event.preventDefault();
      const to = this.at(event);
      if (to !== null && this.carried !== null) hooks.move(this.carried, to);
    });
    this.list.addEventListener("dragend", () => {
      this.carried = null;
      this.over(null);
      for (const clip of this.list.querySelectorAll(".carried")) clip.classList.remove("carried");
    });
  }

  at(event) {
    const index = event.target.closest(".clip")?.dataset.index;
    return index === undefined ? null : Number(index);
  }

  over(index) {
    for (const clip of this.list.children) clip.classList.toggle("over", Number(clip.dataset.index) === index && index !== this.carried);
  }

  /** @param scene {clips, chosen, theme, action(label), picture(clip), undo, redo} */
  show(scene) {
    const total = scene.clips.reduce((sum, c) => sum + c.end - c.start, 0) / 1e6;
    this.root.querySelector(".total").textContent = `${scene.clips.length} in this order, ${halfClock(total).replace(/^0/, "")} of the match`;
    this.root.querySelector("[data-reel=undo]").disabled = !scene.undo;
    this.root.querySelector("[data-reel=redo]").disabled = !scene.redo;
    this.root.querySelector(".empty").hidden = scene.clips.length > 0;
    fillChanged(this.list, scene.clips.map((clip, index) => this.cell(clip, index, scene))); // thumbnails do not flicker
  }

  cell(clip, index, scene) {
    const action = scene.action(clip.label), length = ((clip.end - clip.start) / 1e6).toFixed(1);
    const slow = clip.slow < 1 ? `, ${100 * clip.slow}%` : "";
    return html`<div class="clip ${index === scene.chosen ? "on" : ""}" data-index="${index}" draggable="true" tabindex="0" role="option" aria-selected="${index === scene.chosen}">
      <div class="shot"><img src="${scene.picture(clip)}" alt="" loading="lazy" draggable="false"><b>${index + 1}</b><i>${length} s${slow}</i></div>
      <div class="what"><span>${glyph(action, scene.theme, 16, true)}<span class="name">${clip.caption || action.short}</span></span>
      <span class="caption">${matchClock(clip.half, (clip.time ?? clip.start) / 1e6)}<span class="spring"></span>${clip.confidence === null ? "" : clip.confidence.toFixed(2).replace(/^0/, "")}</span></div></div>`;
  }
}
