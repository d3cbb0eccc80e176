// The code window: a button for each code of one's own, pressed with a mouse, a finger or its key, and below them what was
// tagged. A code tags the moment on screen; a tag, a player or a word, is put to what is chosen.

import { html } from "../../markup.js";
import { register } from "../registry.js";
import { classColour } from "../theme.js";

const KEYS = "abcdefghijklmnopqrstuvwxyz";

class CodeWindow {
  label = "Codes";
  apart = true; // its keys are those of the codes

  constructor(workspace) {
    this.workspace = workspace;
  }

  get spots() { return this.workspace.part("spots"); }
  get review() { return this.spots.review; }
  get data() { return this.workspace.data; }

  /** The codes: those of one's own, else the classes of the table, each with a letter. */
  get codes() {
    const { codes, classes } = this.data;
    return codes.length ? codes : classes.map((action, i) => ({ name: action.name, short: action.short, key: KEYS[i] ?? "", lead: action.lead, lag: action.lag, tag: false }));
  }

  actionOf(code) { return this.data.classes.find((action) => action.name === code.name); }

  /** What people have tagged, the latest moment first. */
  get tagged() { return this.workspace.all.filter((spot) => spot.review?.state === "added" && this.workspace.rail.passes(spot)).reverse(); }

  get count() { return this.tagged.length; }
  get order() { return "tagged"; }

  get rows() {
    const made = this.codes.filter((code) => !code.tag), tags = this.codes.filter((code) => code.tag), tagged = this.tagged;
    this.byId = new Map(tagged.map((spot) => [spot.id, spot]));
    const chosen = this.workspace.chosen?.review?.comment ?? "";
    return html`<div class="code-pad"><div class="codes">${made.map((code) => this.button(code))}</div>
      ${tags.length ? html`<div class="codes tags">${tags.map((code) => this.button(code, has(chosen, code)))}</div>` : ""}
      <p class="caption codes-hint">${this.data.codes.length ? "A press tags the moment on screen; a tag is put to what is chosen." : "These are the classes of the table. Make codes and tags of your own:"} <button class="link" data-codes="edit">Edit codes</button></p></div>
      ${tagged.length ? tagged.map((spot) => this.spots.row(spot)) : html`<p class="empty">Nothing has been tagged yet.</p>`}`;
  }

  button(code, on = false) {
    const action = this.actionOf(code), title = code.tag ? `Put #${code.name} to what is chosen` : `${code.name}: its clip runs from ${code.lead} s before to ${code.lag} s after`;
    const ink = action ? classColour(action, this.workspace.theme) : "var(--border-strong)";
    return html`<button class="code ${on ? "on" : ""}" data-code="${code.name}" style="--ink:${ink}" title="${title}" aria-pressed="${String(on)}"><span class="name">${code.tag ? "#" : ""}${code.short ?? code.name}</span>${code.key ? html`<kbd>${code.key.toUpperCase()}</kbd>` : ""}</button>`;
  }

  click(event) {
    const code = event.target.closest("[data-code]")?.dataset.code, row = event.target.closest("[data-spot]")?.dataset.spot;
    if (code !== undefined) this.press(this.codes.find((one) => one.name === code));
    else if (row) this.workspace.pick(this.byId.get(row));
    else if (event.target.closest("[data-codes=edit]")) this.workspace.command("codes");
  }

  /** A key that a code has is the code's, before whatever else it does. */
  firstKey(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || this.review.choosing || this.review.asking) return false;
    const code = this.codes.find((one) => one.key && one.key === event.key.toLowerCase());
    if (code) this.press(code);
    return Boolean(code);
  }

  press(code) {
    const { player, chosen } = this.workspace;
    if (!code.tag) { this.review.act("add", { half: player.half, seconds: player.time, label: this.actionOf(code).index }, false); return; }
    if (!chosen || chosen.other) { this.workspace.toast.show("Choose or tag a moment first; then put a tag to it"); return; }
    const comment = chosen.review?.comment ?? "";
    this.review.act("comment", { comment: has(comment, code) ? without(comment, code) : `${comment} ${word(code)}`.trim() }, false);
  }

  step(by) {
    const spots = [...this.tagged].reverse(), at = spots.findIndex((spot) => spot.id === this.workspace.chosen?.id);
    if (!spots.length) return false;
    this.workspace.pick(spots[at < 0 ? (by > 0 ? 0 : spots.length - 1) : at + by]);
    return true;
  }
}

/** A tag as it stands in a comment. */
const word = (code) => `#${code.name.replaceAll(" ", "-")}`;
const words = (comment) => comment.split(" ").filter(Boolean);
const has = (comment, code) => words(comment).includes(word(code));
const without = (comment, code) => words(comment).filter((one) => one !== word(code)).join(" ");

register("list", "codes", { reads: ["codes"], make: (workspace) => new CodeWindow(workspace) });
