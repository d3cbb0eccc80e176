// What was just done, in a few words, with a way back: shown for a while, and read out.

import { fill, html } from "../markup.js";
import { icon } from "./theme.js";

const SHOWN = 6000; // milliseconds
const RESUMED = 2500; // milliseconds after the pointer or the focus has left it

export class Toast {
  constructor(root) {
    this.root = root;
    root.addEventListener("click", (event) => this.click(event));
    for (const type of ["pointerenter", "focusin"]) root.addEventListener(type, () => clearTimeout(this.ending));
    for (const type of ["pointerleave", "focusout"]) root.addEventListener(type, () => this.end(RESUMED));
  }

  /**
   * @param text what was done
   * @param ways [[name of a button, what it does]]
   */
  show(text, ways = []) {
    this.ways = ways;
    const buttons = ways.map(([name], i) => html`<button class="link" data-way="${i}">${name}</button>`);
    fill(this.root, html`<span>${text}</span>${buttons}<button class="ic" data-way="close" title="Close" aria-label="Close">${icon("close", 12)}</button>`);
    this.root.classList.add("on");
    this.end(SHOWN);
  }

  click(event) {
    const way = event.target.closest("[data-way]")?.dataset.way;
    if (way === undefined) return;
    this.hide();
    this.ways[way]?.[1]();
  }

  end(after) {
    clearTimeout(this.ending);
    this.ending = setTimeout(() => this.hide(), after);
  }

  hide() {
    clearTimeout(this.ending);
    this.root.classList.remove("on");
    fill(this.root, "");
  }
}
