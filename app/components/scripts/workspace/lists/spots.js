// The list of spots: by half and time, what narrows it (class, confidence, which of two systems), and what reviewers said.

import { ClassFilter } from "../../class_filter.js";
import { fill, html } from "../../markup.js";
import { short } from "../confidence.js";
import { register } from "../registry.js";
import { reviewSign } from "../review.js";
import { SpotReview } from "../review_spots.js";
import { rivals } from "../rivals.js";
import { ShotFilter } from "../shot_filter.js";
import { glyph, groupsOf, icon } from "../theme.js";
import { matchClock, partOrdinal } from "../time.js";
import { VerdictFilter } from "../verdict_filter.js";

const LEAST = 0.05;
const AGREEMENTS = ["both", "own", "other"];
const FEW = 5; // spots that a lower threshold is to show

const REPLAYED = { replay: "In a replay: the action itself is spotted elsewhere", only: "Seen only in its replay" };

class Spots {
  label = "Spots";

  get filters() { return html`
    ${this.verdicts.markup}<div class="segments agreement" role="group" aria-label="Which systems" hidden></div>
    <div class="glyphs"></div>
    <div class="class-menu" hidden><div class="class-filter"></div></div>
    <div class="range-row"><span class="caption">Confidence</span>
      <span class="double"><i></i><input type="range" class="low" min="5" max="99" aria-label="Least confidence"><input type="range" class="high" min="6" max="100" value="100" aria-label="Greatest confidence"></span>
      <span class="caption range-text"></span></div>${this.shotFilter.markup}`; }

  constructor(workspace) {
    this.workspace = workspace;
    this.hidden = new Set(); // class indices
    this.most = 1;
    this.agreement = "all"; // or "both", "own", "other"
    const { root, outbox } = workspace.part("review");
    this.review = new SpotReview(workspace, root, outbox);
    this.review.list = this;
    this.verdicts = new VerdictFilter("review", (spot) => this.review.open(spot), () => workspace.respot());
    this.shotFilter = new ShotFilter(workspace, (spot) => this.review.stands(spot), (spot) => Boolean(this.data.broadcast[spot.id]?.outside), () => workspace.respot());
    workspace.q("[data-head=spotting]").hidden = false;
  }

  /** The filters have their place. */
  placed(root) {
    this.q = (selector) => root.querySelector(selector);
    this.shotFilter.placed(root);
    this.verdicts.placed(root);
    this.q(".agreement").addEventListener("click", (event) => this.chooseAgreement(event.target.closest("button")));
    this.q(".glyphs").addEventListener("click", (event) => this.chooseGroup(event));
    this.classFilter = new ClassFilter(this.q(".class-filter"), {
      choose: (labels) => this.showClasses(labels),
      keep: (name, labels) => this.workspace.tell("class_preset", { keep: name, labels }),
      forget: (name) => this.workspace.tell("class_preset", { forget: name }),
    });
    for (const type of ["input", "change"]) {
      this.q(".low").addEventListener(type, (event) => this.workspace.setThreshold(null, Math.max(LEAST, event.target.value / 100), type === "change"));
      this.q(".high").addEventListener(type, (event) => { this.most = event.target.value / 100; this.changed(); });
    }
  }

  keys = { Escape: () => this.closeClasses() };

  /** A click elsewhere closes the control of classes. */
  clicked(event) { if (event.target.isConnected && !event.target.closest(".class-menu, .menu")) this.closeClasses(); }
  closeClasses() { this.q(".class-menu").hidden = true; }

  get data() { return this.workspace.data; }
  get theme() { return this.workspace.theme; }

  update(data) {
    if (!data.other) this.agreement = "all";
    this.groups = groupsOf(data.classes);
    this.drawGlyphs();
    this.review.update(data);
  }

  // --- which spots stand -----------------------------------------------------------------------------

  joined(spots) { return this.review.joined(spots); }
  keeps(spot) { return this.review.stands(spot); }
  hides(action) { return this.hidden.has(action.index); }
  passes(spot) { return this.passesOthers(spot) && this.shotFilter.passes(spot) && this.verdicts.passes(spot); }
  /** Whether a spot passes the filters of classes and of confidence; what was added has none. */
  passesOthers(spot) { return !this.hidden.has(spot.action.index) && (spot.confidence ?? 0) <= this.most + 1e-9; }

  /** Which filters hide a spot that somebody added. */
  hiding(spot) {
    const checks = { classes: !this.hidden.has(spot.action.index), parts: this.workspace.rail.passes(spot), shots: this.shotFilter.passes(spot), verdicts: this.verdicts.passes(spot) };
    return Object.keys(checks).filter((name) => !checks[name]);
  }

  /** Open the filters that hide a spot. */
  unhide(spot) {
    const { rail } = this.workspace;
    this.hidden.delete(spot.action.index);
    this.verdicts.wanted = "all";
    if (!this.shotFilter.passes(spot)) this.shotFilter.open();
    if (!rail.passes(spot)) rail.showHalf(null);
    this.drawGlyphs();
    this.changed();
    rail.reveal();
  }
  counts(spot) { return this.shotFilter.counts(spot); }
  get inAddress() {
    const hidden = this.data.classes.filter((c) => this.hidden.has(c.index)).map((c) => c.name);
    const own = [["hide", hidden], ["most", this.most < 1 ? this.most : null], ["agreement", this.agreement === "all" ? null : this.agreement]];
    return [...own, ...this.shotFilter.inAddress, ...this.verdicts.inAddress];
  }

  readAddress(query, data) {
    const hidden = new Set(query.getAll("hide")), most = Number(query.get("most")), agreement = query.get("agreement");
    this.hidden = new Set(data.classes.filter((c) => hidden.has(c.name)).map((c) => c.index));
    this.most = most > LEAST && most < 1 ? most : 1;
    this.q(".high").value = Math.round(this.most * 100);
    this.agreement = AGREEMENTS.includes(agreement) ? agreement : "all";
    this.shotFilter.readAddress(query);
    this.verdicts.readAddress(query);
    this.groups = groupsOf(data.classes);
    this.drawGlyphs();
  }

  /** Whether a spot passes the choice between what both systems have and what one of them has alone. */
  agrees(spot) {
    return this.agreement === "all" || this.agreement === this.saidBy(spot);
  }

  /** Which of two systems says a spot: "both", "own" or "other"; null where neither does, but a reviewer. */
  saidBy(spot) {
    if (spot.other) return spot.mate ? "both" : "other";
    const { system } = spot;
    if (!system || system.confidence < this.workspace.levelOf(system.action)) return null;
    return system.mate ? "both" : "own";
  }

  respot(system, others) {
    this.q(".low").value = Math.round(this.data.threshold * 100);
    this.describeRange();
    this.countSystems(system, others);
    this.shotFilter.draw(this.standing);
    this.verdicts.draw(this.scope);
    const own = Object.keys(this.workspace.thresholds).length;
    this.workspace.q(".spotting-text").textContent = `≥ ${short(this.data.threshold)}${own ? ` (${own} of their own)` : ""}, ${this.data.method}`;
  }

  /** What is listed, whatever was said of it. */
  get scope() { return this.standing.filter((s) => this.shotFilter.passes(s) && this.agrees(s)); }

  /** What stands in the part that is listed, of the classes and the confidence that are shown. */
  get standing() {
    const { workspace } = this, level = (s) => (s.confidence ?? -1) >= workspace.levelOf(s.action) || this.keeps(s);
    return workspace.all.filter((s) => level(s) && workspace.rail.passes(s) && this.passesOthers(s));
  }

  // --- filters ---------------------------------------------------------------------------------------

  drawGlyphs() {
    const shown = (group) => group.classes.some((c) => !this.hidden.has(c.index));
    const buttons = this.groups.map((g) => html`<button data-group="${g.name}" class="${shown(g) ? "on" : ""}" title="${g.label}" aria-pressed="${String(shown(g))}">${glyph(g.classes[0], this.theme, 17, true)}</button>`);
    const left = this.data.classes.length - this.hidden.size;
    this.q(".glyphs").style.gridTemplateColumns = `repeat(${buttons.length + 1}, 1fr)`;
    fill(this.q(".glyphs"), [buttons, html`<button class="menu" title="Classes shown">${left}${icon("down", 10, 2)}</button>`]);
    this.offerClasses();
  }

  /** The control of classes that every page has; drawn anew only where something else is chosen or kept. */
  offerClasses() {
    const { classes, classPresets: presets } = this.data, shown = classes.filter((c) => !this.hidden.has(c.index)).map((c) => c.name);
    const chosen = shown.length === classes.length ? [] : shown, key = JSON.stringify([chosen, presets, this.theme, classes.length]);
    if (key === this.offered) return; // a name may be being written
    this.offered = key;
    this.classFilter.show({ classes, presets, chosen }, this.theme);
  }

  showClasses(labels) {
    const wanted = new Set(labels);
    this.hidden = new Set(this.data.classes.filter((c) => labels.length && !wanted.has(c.name)).map((c) => c.index));
    this.drawGlyphs();
    this.changed();
  }

  chooseAgreement(button) {
    if (!button) return;
    this.agreement = button.dataset.agreement;
    this.changed();
  }

  /** How many spots both systems have, and each of them alone, of those that pass all else. */
  countSystems(own, others) {
    const { other, model } = this.data, box = this.q(".agreement");
    box.hidden = !other;
    if (!other) return;
    const alone = (spots) => spots.filter((s) => !s.mate).length, both = own.length - alone(own), within = `the same class within ${other.within} s`;
    const choices = [
      ["all", "All", both + alone(own) + alone(others), "Spots of either system"], ["both", "Both", both, `Both systems have it: ${within}`],
      ["own", "Only A", alone(own), `A, ${model}, alone`], ["other", "Only B", alone(others), `B, ${other.name}, alone`],
    ];
    fill(box, choices.map(([name, label, count]) => html`<button data-agreement="${name}" class="${name === this.agreement ? "on" : ""}" aria-pressed="${String(name === this.agreement)}">${label} <span class="muted">${count}</span></button>`));
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

  describeRange() {
    const low = Number(this.q(".low").value), high = Math.max(low + 1, Number(this.q(".high").value));
    this.q(".double i").style.cssText = `left:${low}%;right:${100 - high}%`;
    this.q(".range-text").textContent = `${short(low / 100)}–${short(high / 100)}`;
  }

  changed() {
    this.describeRange();
    this.workspace.respot();
  }

  // --- list ------------------------------------------------------------------------------------------

  /** How many of what is listed are actions; where only what does not count is asked for, how many that is. */
  get count() { return this.counted(this.workspace.rows); }
  counted(spots) { return spots.filter((s) => this.counts(s)).length || spots.length; }

  get rows() {
    const { rows: spots } = this.workspace, made = [];
    this.byId = new Map(spots.map((s) => [s.id, s]));
    let half = 0;
    for (const [surest, ...others] of rivals(spots, this.data.exclusive)) {
      if (surest.half !== half) {
        half = surest.half;
        made.push(html`<div class="half"><span>${partOrdinal(half)}</span><span>${this.counted(spots.filter((s) => s.half === half))}</span></div>`);
      }
      made.push(this.row(surest), others.map((spot) => this.row(spot, surest)));
    }
    if (!spots.length) made.push(this.emptyText(this.below()));
    return made;
  }

  /** @param surest the spot that it competes with for the same moment, which stands before it */
  row(spot, surest = null) {
    const { chosen } = this.workspace, own = chosen && spot.id === chosen.id, sure = spot.confidence !== null;
    const { time: aired, outside } = this.data.broadcast[spot.id] ?? {};
    const kinds = [own && "chosen", spot.replayed && "replayed", outside && "outside", surest && "rival", spot.review?.state].filter(Boolean).join(" ");
    const replay = spot.replayed ? html`<span class="in-replay ${spot.replayed}" title="${REPLAYED[spot.replayed]}">${icon("loop", 11)}</span>` : "";
    const clock = aired ? html`<span class="aired" title="The clock of the broadcast">${aired}</span>` : outside ? html`<span class="aired" title="No half is played here: ${outside}">no play</span>` : "";
    const instead = surest ? html`<span class="was" title="Only one of ${surest.action.short} and ${spot.action.short} can be true at this moment">or </span>` : "";
    return html`<button class="spot ${kinds}" data-spot="${spot.id}" aria-current="${String(Boolean(own))}">${glyph(spot.action, this.theme, 20)}
      <span class="time">${matchClock(spot.half, spot.seconds)}${clock}</span><span class="name" title="${spot.action.name}${spot.was ? `, was ${spot.was.name}` : ""}">${replay}${instead}${spot.action.short}${spot.was ? html` <span class="was">was ${spot.was.short}</span>` : ""}</span>
      ${sure ? html`<span class="bar"><i style="width:${spot.confidence * 100}%"></i></span>` : html`<span class="no-bar"></span>`}<span class="value">${sure ? short(spot.confidence) : ""}</span>${this.sign(spot)}</button>`;
  }

  click(event) {
    const row = event.target.closest("[data-spot]"), lower = event.target.closest(".lower");
    if (row) this.workspace.pick(this.byId.get(row.dataset.spot));
    if (lower) this.workspace.setThreshold(null, Number(lower.dataset.to), true);
  }

  /** What a reviewer said of a spot, else which of two systems has it alone. */
  sign(spot) {
    const alone = { own: "A", other: "B" }[this.saidBy(spot)];
    if (!this.data.other || !alone || (spot.review && spot.review.state !== "open")) return reviewSign(spot);
    return html`<span class="sign alone" title="${alone} alone">${alone}</span>`;
  }

  emptyText(below) {
    const at = short(this.data.threshold);
    if (!this.workspace.all.length) return html`<p class="empty">There are no spots yet. Press D to add what you see, or tag it by codes.</p>`;
    if (!below) return html`<p class="empty">No spots above ${at} with these filters.</p>`;
    return html`<p class="empty">No spots above ${at}. <button class="lower link" data-to="${below[0]}">Lower the threshold to ${short(below[0])}</button> for ${below[1]} more.</p>`;
  }

  /** The highest lower threshold that shows something, and how much: [threshold, count] or null. */
  below() {
    const under = this.workspace.all.filter((s) => this.workspace.passes(s)).map((s) => s.confidence).filter((c) => c !== null).sort((a, b) => b - a);
    if (!under.length) return null;
    const level = Math.max(LEAST, Math.floor(under[Math.min(FEW, under.length - 1)] * 100) / 100);
    return [level, under.filter((c) => c >= level).length];
  }
}

register("list", "spots", {
  reads: ["spots", "threshold", "thresholds", "moved", "applied", "method", "reviews", "teams", "suggestedTeams", "classPresets", "broadcast"],
  make: (workspace) => new Spots(workspace),
});
