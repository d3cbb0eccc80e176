// The rail: the spots as a list, and what narrows it (half, class, confidence); or the camera changes.

import { reviewSign } from "./review.js";
import { glyph, groupsOf, icon } from "./theme.js";
import { matchClock } from "./time.js";

const short = (value) => (value >= 0.995 ? "1.0" : value.toFixed(2).replace(/^0/, ""));
const LEAST = 0.05;
const MODES = [["spots", "Spots"], ["cameras", "Cameras"]];

export class Rail {
  /** @param hooks {pick(spot), camera(id), mode(name), threshold(value, final), filtered()} */
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.half = null;
    this.hidden = new Set(); // class indices
    this.most = 1;
    this.agreement = "all"; // or "both", "own", "other"
    root.innerHTML = `
      <div class="rail-head"><div class="segments modes" role="group" aria-label="What is reviewed (V)"></div><span class="muted count"></span><span class="spring"></span><span class="caption">by time</span></div>
      <div class="filters">
        <div class="segments halves-shown" role="group" aria-label="Half"></div>
        <div class="segments agreement" role="group" aria-label="Which systems" hidden></div>
        <div class="glyphs"></div>
        <div class="class-menu" hidden></div>
        <div class="range-row"><span class="caption">Confidence</span>
          <span class="double"><i></i><input type="range" class="low" min="5" max="99" aria-label="Least confidence"><input type="range" class="high" min="6" max="100" value="100" aria-label="Greatest confidence"></span>
          <span class="caption range-text"></span></div>
      </div>
      <div class="list" tabindex="-1"></div>`;
    this.q = (selector) => root.querySelector(selector);
    this.q(".list").addEventListener("click", (event) => {
      const row = event.target.closest("[data-spot]");
      if (row) hooks.pick(this.byId.get(row.dataset.spot));
      const change = event.target.closest("[data-camera]");
      if (change) hooks.camera(change.dataset.camera);
    });
    this.q(".modes").addEventListener("click", (event) => { const button = event.target.closest("button"); if (button) hooks.mode(button.dataset.mode); });
    this.setMode(MODES[0][0]);
    this.q(".halves-shown").addEventListener("click", (event) => this.chooseHalf(event.target.closest("button")));
    this.q(".agreement").addEventListener("click", (event) => this.chooseAgreement(event.target.closest("button")));
    this.q(".glyphs").addEventListener("click", (event) => this.chooseGroup(event));
    this.q(".class-menu").addEventListener("change", (event) => this.toggleClass(Number(event.target.value), event.target.checked));
    for (const type of ["input", "change"]) {
      this.q(".low").addEventListener(type, (event) => this.slide(event.target.value / 100, type === "change"));
      this.q(".high").addEventListener(type, (event) => { this.most = event.target.value / 100; this.changed(); });
    }
    this.q(".list").addEventListener("click", (event) => { if (event.target.closest(".lower")) hooks.threshold(Number(event.target.dataset.to), true); });
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    const halves = data.halves.length > 1 ? [[null, "All"], ...data.halves.map((h) => [h.half, h.half === 1 ? "1st half" : "2nd half"])] : [];
    this.q(".halves-shown").innerHTML = halves.map(([value, label]) => `<button data-half="${value ?? ""}" class="${value === this.half ? "on" : ""}">${label}</button>`).join("");
    this.q(".halves-shown").hidden = !halves.length;
    if (!data.other) this.agreement = "all";
    this.groups = groupsOf(data.classes);
    this.drawGlyphs();
    this.q(".low").value = Math.round(data.threshold * 100);
    this.describeRange();
  }

  /** List spots or camera changes. */
  setMode(mode) {
    this.root.classList.toggle("cameras", mode !== MODES[0][0]);
    this.q(".modes").innerHTML = MODES.map(([name, label]) => `<button data-mode="${name}" class="${name === mode ? "on" : ""}" aria-pressed="${name === mode}" title="${label} (V)">${label}</button>`).join("");
  }

  drawGlyphs() {
    const shown = (group) => group.classes.some((c) => !this.hidden.has(c.index));
    const buttons = this.groups.map((g) => `<button data-group="${g.name}" class="${shown(g) ? "on" : ""}" title="${g.label}" aria-pressed="${shown(g)}">${glyph(g.classes[0], this.theme, 17, true)}</button>`);
    const left = this.data.classes.length - this.hidden.size;
    this.q(".glyphs").style.gridTemplateColumns = `repeat(${buttons.length + 1}, 1fr)`;
    this.q(".glyphs").innerHTML = buttons.join("") + `<button class="menu" title="Classes shown">${left}${icon("down", 10, 2)}</button>`;
    this.q(".class-menu").innerHTML = this.data.classes.map((c) =>
      `<label><input type="checkbox" value="${c.index}" ${this.hidden.has(c.index) ? "" : "checked"}>${glyph(c, this.theme, 16, true)}<span></span></label>`).join("");
    this.q(".class-menu").querySelectorAll("label span").forEach((span, i) => (span.textContent = this.data.classes[i].short));
  }

  chooseHalf(button) {
    if (!button) return;
    this.half = button.dataset.half ? Number(button.dataset.half) : null;
    for (const other of this.q(".halves-shown").children) other.classList.toggle("on", other === button);
    this.changed();
  }

  chooseAgreement(button) {
    if (!button) return;
    this.agreement = button.dataset.agreement;
    this.changed();
  }

  /** Whether a spot passes the choice between what both systems have and what one of them has alone. */
  agrees(spot) {
    return this.agreement === "all" || this.agreement === (spot.mate ? "both" : spot.other ? "other" : "own");
  }

  /** How many spots both systems have, and each of them alone, of those that pass all else. */
  count(own, others) {
    const { other, model } = this.data, box = this.q(".agreement");
    box.hidden = !other;
    if (!other) return;
    const alone = (spots) => spots.filter((s) => !s.mate).length, both = own.length - alone(own), within = `the same class within ${other.within} s`;
    const choices = [
      ["all", "All", both + alone(own) + alone(others), "Spots of either system"], ["both", "Both", both, `Both systems have it: ${within}`],
      ["own", "Only A", alone(own), `A, ${model}, alone`], ["other", "Only B", alone(others), `B, ${other.name}, alone`],
    ];
    box.innerHTML = choices.map(([name, label, count]) => `<button data-agreement="${name}" class="${name === this.agreement ? "on" : ""}" aria-pressed="${name === this.agreement}">${label} <span class="muted">${count}</span></button>`).join("");
    [...box.children].forEach((button, i) => (button.title = choices[i][3]));
  }

  chooseGroup(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("menu")) { this.q(".class-menu").hidden = !this.q(".class-menu").hidden; return; }
    const classes = this.groups.find((g) => g.name === button.dataset.group).classes;
    const alone = event.altKey || event.detail === 2;
    if (alone) this.hidden = new Set(this.data.classes.filter((c) => c.group !== button.dataset.group).map((c) => c.index));
    else if (classes.some((c) => !this.hidden.has(c.index))) classes.forEach((c) => this.hidden.add(c.index));
    else classes.forEach((c) => this.hidden.delete(c.index));
    this.drawGlyphs();
    this.changed();
  }

  toggleClass(index, shown) {
    if (shown) this.hidden.delete(index); else this.hidden.add(index);
    this.drawGlyphs();
    this.q(".class-menu").hidden = false;
    this.changed();
  }

  slide(value, final) { this.hooks.threshold(Math.max(LEAST, value), final); }

  setThreshold(value) {
    this.q(".low").value = Math.round(value * 100);
    this.describeRange();
  }

  describeRange() {
    const low = Number(this.q(".low").value), high = Math.max(low + 1, Number(this.q(".high").value));
    this.q(".double i").style.cssText = `left:${low}%;right:${100 - high}%`;
    this.q(".range-text").textContent = `${short(low / 100)}–${short(high / 100)}`;
  }

  changed() {
    this.describeRange();
    this.hooks.filtered();
  }

  /** Whether a spot passes half, class and upper confidence. */
  passes(spot) {
    return (this.half === null || spot.half === this.half) && !this.hidden.has(spot.action.index) && spot.confidence <= this.most + 1e-9;
  }

  /** Show spots; below: how many more there would be at a lower threshold, as [threshold, count] or null. */
  show(spots, chosen, below) {
    this.byId = new Map(spots.map((s) => [s.id, s]));
    this.q(".count").textContent = spots.length;
    const list = this.q(".list"), html = [];
    let half = 0;
    for (const spot of spots) {
      if (spot.half !== half) {
        half = spot.half;
        html.push(`<div class="half"><span>${half === 1 ? "1st half" : "2nd half"}</span><span>${spots.filter((s) => s.half === half).length}</span></div>`);
      }
      const own = chosen && spot.id === chosen.id;
      html.push(`<button class="spot ${own ? "chosen" : ""} ${spot.review?.state ?? ""}" data-spot="${spot.id}">${glyph(spot.action, this.theme, 20)}
        <span class="time">${matchClock(spot.half, spot.seconds)}</span><span class="name">${spot.action.short}</span>
        <span class="bar"><i style="width:${spot.confidence * 100}%"></i></span><span class="value">${spot.added ? "" : short(spot.confidence)}</span>${this.sign(spot)}</button>`);
    }
    if (!spots.length) html.push(this.emptyText(below));
    list.innerHTML = html.join("");
  }

  /** Show camera changes: their rows, and how many there are. */
  showCameras(rows, count) {
    this.q(".count").textContent = count;
    this.q(".list").innerHTML = rows;
  }

  /** What a reviewer said of a spot, else which of two systems has it alone. */
  sign(spot) {
    if (!this.data.other || spot.mate || spot.added || (spot.review && spot.review.state !== "open")) return reviewSign(spot.review);
    return `<span class="sign alone" title="${spot.other ? "B" : "A"} alone">${spot.other ? "B" : "A"}</span>`;
  }

  emptyText(below) {
    const at = short(this.data.threshold);
    if (!below) return `<p class="empty">No spots above ${at} with these filters.</p>`;
    return `<p class="empty">No spots above ${at}. <button class="lower link" data-to="${below[0]}">Lower the threshold to ${short(below[0])}</button> for ${below[1]} more.</p>`;
  }

  /** Bring the chosen row into view without moving the page. */
  reveal() {
    const row = this.q(".spot.chosen"), list = this.q(".list");
    if (!row) return;
    const top = row.offsetTop, bottom = top + row.offsetHeight;
    if (top < list.scrollTop + 24) list.scrollTop = top - 24;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }
}
