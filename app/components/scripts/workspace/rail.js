// The rail: one list at a time of what is in the match, each narrowed by part and by filters of its own.

import { fill, html } from "../markup.js";
import { Pressed } from "../pressed.js";
import { capital, partOrdinal, shownParts } from "./time.js";

export class Rail {
  /** @param workspace whose lists these are */
  constructor(root, workspace) {
    this.root = root;
    this.workspace = workspace;
    this.half = null;
    this.lists = [];
    this.list = null; // the one on show
    fill(root, html`
      <div class="rail-head"><div class="segments modes" role="group" aria-label="What is reviewed (V)"></div><span class="muted count"></span><span class="spring"></span><span class="caption order"></span></div>
      <div class="filters"><div class="segments halves-shown" role="group"></div></div>
      <div class="list" tabindex="-1"></div>`);
    this.q = (selector) => root.querySelector(selector);
    this.pressed = new Pressed(this.q(".list"), () => this.draw());
    this.q(".list").addEventListener("click", (event) => this.list?.click(event));
    this.q(".modes").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.workspace.setMode(this.lists[[...this.q(".modes").children].indexOf(button)]);
    });
    this.q(".halves-shown").addEventListener("click", (event) => this.chooseHalf(event.target.closest("button")));
  }

  /** Give a list its place; the first one is on show. */
  add(list) {
    this.lists.push(list);
    if (list.filters) {
      const filters = Object.assign(document.createElement("div"), { className: "own-filters" });
      fill(filters, list.filters);
      this.q(".filters").append(filters);
      list.placed(filters);
      list.filterRoot = filters;
    }
    this.show(this.list ?? list);
  }

  /** Put another list on show. */
  show(list) {
    this.list = list;
    fill(this.q(".modes"), this.lists.map((l) => html`<button class="${l === list ? "on" : ""}" aria-pressed="${String(l === list)}" title="${l.label}${l.apart ? "" : " (V)"}">${l.label}</button>`));
    this.showFilters();
  }

  showFilters() {
    for (const list of this.lists) if (list.filterRoot) list.filterRoot.hidden = list !== this.list;
    this.q(".filters").hidden = !this.list?.filterRoot && this.q(".halves-shown").hidden;
  }

  /** The list after the one on show, of those that are gone through by key. */
  get next() {
    const lists = this.lists.filter((list) => !list.apart);
    return lists[(lists.indexOf(this.list) + 1) % lists.length];
  }

  update(data) {
    const halves = data.halves.length > 1 ? [[null, "All"], ...data.halves.map((h) => [h.half, partOrdinal(h.half)])] : [];
    fill(this.q(".halves-shown"), halves.map(([value, label]) => html`<button data-half="${value ?? ""}" class="${value === this.half ? "on" : ""}" aria-pressed="${String(value === this.half)}">${label}</button>`));
    this.q(".halves-shown").hidden = !halves.length;
    this.q(".halves-shown").ariaLabel = capital(shownParts().name);
    this.showFilters();
  }

  chooseHalf(button) {
    if (!button) return;
    this.showHalf(button.dataset.half ? Number(button.dataset.half) : null);
    this.workspace.respot();
  }

  /** List one half, or with null all. */
  showHalf(half) {
    this.half = half;
    for (const button of this.q(".halves-shown").children) {
      const on = button.dataset.half === String(half ?? "");
      button.classList.toggle("on", on);
      button.ariaPressed = on;
    }
  }

  /** What the address has of it: which list is on show where that is not the first, and which half. */
  get inAddress() { return [["tab", this.list === this.lists[0] ? null : this.list?.label.toLowerCase()], ["part", this.half]]; }

  readAddress(query) {
    const list = this.lists.find((l) => l.label.toLowerCase() === query.get("tab")) ?? this.lists[0];
    this.showHalf(Number(query.get("part")) || null);
    if (list && list !== this.list) { this.list?.review?.leave(); this.show(list); }
  }

  /** Whether something is in the half that is listed. */
  passes(item) { return this.half === null || item.half === this.half; }

  draw() {
    if (!this.list || this.pressed.defers) return;
    this.q(".count").textContent = this.list.count;
    this.q(".order").textContent = this.list.order ?? "by time";
    this.q(".order").classList.toggle("usual", !this.list.order);
    this.q(".order").title = this.list.orderTitle ?? "";
    fill(this.q(".list"), this.list.rows);
  }

  /** Give the chosen row, else the first one, the focus. */
  focus() { (this.q(".spot.chosen") ?? this.q(".spot") ?? this.q(".list")).focus(); }

  /** Bring the chosen row into view without moving the page. */
  reveal() {
    const row = this.q(".spot.chosen"), list = this.q(".list");
    if (!row) return;
    const top = row.offsetTop, bottom = top + row.offsetHeight;
    const head = list.querySelector(".code-pad")?.offsetHeight ?? 24; // what stays above the rows
    if (top < list.scrollTop + head) list.scrollTop = top - head;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }
}
