// Which things are listed by what their reviewers have said of them: all, those that are open, or those that are not.

import { fill, html } from "../markup.js";

const ALL = "all";
const LABELS = [[ALL, "All"], ["open", "Open"], ["reviewed", "Reviewed"]];

export class VerdictFilter {
  markup = html`<div class="segments verdicts" role="group" aria-label="What has been reviewed"></div>`;
  wanted = ALL;

  /** @param address its word in the page's address; open(item) whether nobody has judged a thing; changed() another choice was made */
  constructor(address, open, changed) {
    this.address = address;
    this.open = open;
    this.changed = changed;
  }

  /** The filter has its place. */
  placed(root) {
    this.root = root.querySelector(".verdicts");
    this.root.addEventListener("click", (event) => {
      const wanted = event.target.closest("[data-verdict]")?.dataset.verdict;
      if (!wanted) return;
      this.wanted = wanted;
      this.changed();
    });
  }

  get inAddress() { return [[this.address, this.wanted === ALL ? null : this.wanted]]; }
  readAddress(query) { const wanted = query.get(this.address); this.wanted = LABELS.some(([name]) => name === wanted) ? wanted : ALL; }

  passes(item) { return this.wanted === ALL || this.open(item) === (this.wanted === "open"); }

  /** Say how many there are of each. */
  draw(items) {
    const open = items.filter((item) => this.open(item)).length, counts = { [ALL]: "", open, reviewed: items.length - open };
    fill(this.root, LABELS.map(([name, label]) => html`<button data-verdict="${name}" class="${name === this.wanted ? "on" : ""}" aria-pressed="${String(name === this.wanted)}">${label} <span class="muted">${counts[name]}</span></button>`));
  }
}
