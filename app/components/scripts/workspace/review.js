// Review, by hand or by keys, of whatever kind of thing: what was done is shown at once, and sent.
//
// A change names the revision of the thing it was made on; a conflict comes back as a sentence and changes nothing.

import { fill, html } from "../markup.js";
import { press } from "./hints.js";
import { glyph } from "./theme.js";
import { matchClock, partTitle } from "./time.js";

const NAME = "touchline-reviewer";
const RESTING = 600; // milliseconds on a spot before it is explained: a reviewer in haste asks for nothing
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const STANDING = new Set(["accepted", "moved", "added"]);
const UNDOING = new Set(["undo", "redo"]);
const ACCEPT_MANY = "accept-many", REJECT_MANY = "reject-many", MANY = { [ACCEPT_MANY]: "accept", [REJECT_MANY]: "reject" };
const SURE = 0.8; // from which confidence many are accepted at once, unless something else is chosen
const COMMON = ["half", "seconds", "label", "comment"];
const DONE = { accept: "Accepted", reject: "Rejected", move: "Moved", "re-class": "Re-classed", add: "Added", team: "Team set", kind: "Kind set", replay: "Replay set", link: "Link set" };

/** What each state looks like: at the end of a row, and what it is called. */
export const SIGNS = {
  accepted: "M2 1.5h9v10H2ZM4.2 6.6l1.7 1.9l3-3.8", moved: "M2 1.5h9v10H2ZM4 6.5h5M7 4.4l2 2.1l-2 2.1",
  "re-classed": "M2 1.5h9v10H2ZM6.5 3.8v5.4M4.4 7.1l2.1 2.1l2.1-2.1", rejected: "M3 3l7 7M10 3l-7 7", added: "M6.5 1.5l5 5l-5 5l-5-5Z",
};

/** What has become of a thing: its review's state, or that it is of another class than it was. */
export function verdictOf(item) {
  const state = item.review?.state ?? "open";
  return item.was && ["accepted", "moved"].includes(state) ? "re-classed" : state;
}

export const signOf = (verdict) => html`<svg width="13" height="13" viewBox="0 0 13 13" fill="none" stroke="currentColor" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${SIGNS[verdict]}"/></svg>`;

/** Sign of a review at the right end of a row; nothing where the thing is open. */
export function reviewSign(item) {
  const { review } = item, verdict = verdictOf(item);
  if (!SIGNS[verdict]) return html`<span class="sign">${review?.comment ? html`<span title="${review.comment}">…</span>` : ""}</span>`;
  const title = `${verdict} by ${review.author}${item.was ? `; was ${item.was.short}` : ""}${review.comment ? `: ${review.comment}` : ""}`;
  return html`<span class="sign" title="${title}" role="img" aria-label="${title}">${signOf(verdict)}</span>`;
}

/** A name for what is added, drawn by chance: it can be spoken of before it has been answered. */
function newName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `added/${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * The review of one kind of thing. A kind says: `of`, its name in what is sent; `noun` and `nouns`; `buttons`, what can be
 * done to the chosen one, and `links`, what else can be done, as [key, words]; `columns`, what it has besides place, class
 * and comment, as it is before anyone said anything; `classes`; `all` that can be reviewed, `items`, those on show, and
 * `scope`, those on show whatever was said of them; the chosen `item` and `pick(item, rest)`; `placed(item, review)`, an
 * item as it was left; `moreKeys`, what its own keys do; `frameOf(item)`, the frame on which an item is looked at.
 */
export class Review {
  constructor(workspace, root, outbox) {
    this.workspace = workspace;
    this.root = root;
    this.outbox = outbox;
    this.known = new Map();
    this.moving = false;
    this.crossing = false; // whether it was asked if the chosen thing is to go to another part of the match
    this.asking = null; // "name", "comment" or null
    this.history = { done: [], undone: [] }; // what was done here, [words, id], the last one last
    this.sure = null; // confidence from which all open ones are to be accepted, while that is being chosen
    root.addEventListener("click", (event) => this.active && this.click(event));
    root.addEventListener("input", (event) => this.active && this.typing(event));
    root.addEventListener("keydown", (event) => this.active && this.typed(event));
  }

  get active() { return this.workspace.review === this; }
  get pending() { return this.outbox.pending; }

  update(data, reviews) {
    this.data = data;
    this.known = new Map(reviews.map((r) => [r.id, r]));
    let unsure = false;
    for (const action of this.pending) {
      unsure ||= UNDOING.has(action.kind);
      if (action.of !== this.of) continue;
      if (action.revision === null && !unsure) this.settleRevision(action); // the undo has been answered
      this.apply(action);
    }
  }

  revisionOf(id) { return this.known.get(id)?.revision ?? 0; }

  settleRevision(action) {
    action.revision = this.revisionOf(action.id);
    if (MANY[action.kind]) action.ids = action.ids.map(([id]) => [id, this.revisionOf(id)]);
  }

  // --- what stands -----------------------------------------------------------------------------------

  /** Things as their reviewers have left them, and those that people have added, by half and time. */
  joined(items) {
    const ids = new Set(items.map((s) => s.id));
    const own = items.map((item) => (this.known.has(item.id) ? this.placed(item, this.known.get(item.id)) : item));
    const others = [...this.known.values()].filter((r) => !ids.has(r.id) && STANDING.has(r.state));
    return [...own, ...others.map((r) => this.placed(null, r))].sort((a, b) => a.half - b.half || a.seconds - b.seconds);
  }

  stands(item) { return STANDING.has(item.review?.state); }
  open(item) { return !item.review || item.review.state === "open"; }

  /** Show at once what the answer will say. */
  apply(action) {
    if (MANY[action.kind]) { for (const [id] of action.ids) this.apply({ kind: MANY[action.kind], id }); return; }
    const item = this.all.find((s) => s.id === action.id), columns = Object.keys(this.columns);
    const plain = item && { half: item.half, seconds: item.seconds, label: item.action.index, state: "open", comment: "", revision: 0 };
    const before = this.known.get(action.id) ?? (item && { ...plain, ...this.columns, ...Object.fromEntries(columns.filter((c) => c in item).map((c) => [c, item[c]])) });
    if (UNDOING.has(action.kind) || (!before && action.kind !== "add")) return;
    const after = { ...before, id: action.id, author: this.author, revision: (before?.revision ?? 0) + 1 };
    if (action.kind === "add") Object.assign(after, { ...this.columns, state: "added", comment: "" });
    for (const name of [...COMMON, ...columns]) if (name in action) after[name] = action[name];
    if (action.kind === "reject") after.state = "rejected";
    else if (["accept", "move", "re-class"].includes(action.kind)) {
      after.state = before.state === "added" ? "added" : action.kind === "move" || before.state === "moved" ? "moved" : "accepted";
    }
    this.known.set(action.id, this.settled(after));
  }

  settled(after) { return after; }

  // --- doing -----------------------------------------------------------------------------------------

  get author() { return this.data.reviewer ?? localStorage.getItem(NAME) ?? ""; }

  /** Do something to a thing, the chosen one where no other is named, and go on to the next one that is open. */
  act(kind, values = {}, onward = true, of = this.item?.id) {
    if (!of && kind !== "add" && !UNDOING.has(kind)) return;
    if (!this.author) { this.ask("name", () => this.act(kind, values, onward, of)); return; }
    const id = kind === "add" ? newName() : of, undoing = this.pending.some((action) => UNDOING.has(action.kind));
    const unsure = undoing && kind !== "add" && !UNDOING.has(kind); // nobody knows yet what the undo leaves
    const action = { of: this.of, kind, id, revision: unsure ? null : this.revisionOf(id), ...values };
    const next = onward ? this.next() : null;
    this.apply(action);
    this.outbox.post(action);
    this.redraw();
    this.workspace.rail.reveal(); // what is said of it now may leave the list less room
    this.tell(action);
    if (kind === "add") this.added(id);
    if (next) this.pick(this.all.find((s) => s.id === next.id), RESTING);
  }

  /** Say what was done, and offer the way back. */
  tell({ kind, id, ids }) {
    if (UNDOING.has(kind)) { this.tellUndoing(kind); return; }
    const words = MANY[kind] ? `${DONE[MANY[kind]]} ${this.counted(ids.length)}` : DONE[kind] ? this.doneInWords(kind, this.all.find((item) => item.id === id)) : null;
    this.history = { done: [...this.history.done, [words ?? "your last change", id]], undone: [] };
    if (words) this.workspace.toast.show(words, [["Undo", () => this.act("undo", {}, false)]]);
  }

  /** Say what was taken back or done again, and show where that was. */
  tellUndoing(kind) {
    const { done, undone } = this.history, [from, to] = kind === "undo" ? [done, undone] : [undone, done], last = from.pop();
    if (last) to.push(last);
    const [words, id] = last ?? ["your last change", null], item = id && this.all.find((one) => one.id === id);
    const way = kind === "undo" ? ["Redo", () => this.act("redo", {}, false)] : ["Undo", () => this.act("undo", {}, false)];
    if (item) this.pick(item, RESTING);
    this.workspace.toast.show(`${kind === "undo" ? "Taken back" : "Done again"}: ${words}`, [way]);
  }

  doneInWords(kind, item) { return `${DONE[kind]}: ${item ? `${item.action.short} at ${matchClock(item.half, item.seconds)}` : this.noun}`; }
  counted(count) { return `${count} ${count === 1 ? this.noun : this.nouns}`; }

  /** Open things on show that are at least so sure. */
  surest(least) { return this.items.filter((item) => this.open(item) && !item.other && (item.confidence ?? -1) >= least - 1e-9); }

  /** Accept all of them as one change. */
  acceptMany(least) {
    if (!this.author) { this.ask("name", () => this.acceptMany(least)); return; }
    const items = this.surest(least);
    this.sure = null;
    if (!items.length) { this.draw(); return; }
    this.judgeMany(ACCEPT_MANY, items);
  }

  /** Reject some things as one change: whoever says so has a name. */
  rejectMany(items) { this.judgeMany(REJECT_MANY, items); }

  judgeMany(kind, items) {
    const unsure = this.pending.some((action) => UNDOING.has(action.kind));
    const action = { of: this.of, kind, id: null, ids: items.map(({ id }) => [id, this.revisionOf(id)]), revision: unsure ? null : 0 };
    this.apply(action);
    this.outbox.post(action);
    this.redraw();
    this.tell(action);
  }

  /** After something was added under a name. */
  added(_id) {}

  redraw() {
    this.workspace.readSpots();
    this.workspace.respot();
  }

  /** The next thing that nobody has judged, after the chosen one; from the beginning if there is none behind. */
  next() {
    const items = this.items, at = items.findIndex((s) => s.id === this.item?.id);
    const others = [...items.slice(at + 1), ...items.slice(0, Math.max(0, at))];
    return others.find((s) => this.open(s)) ?? null;
  }

  /** Whether the frame on screen is another than that on which the chosen thing is looked at. */
  get away() {
    const player = this.workspace.player, item = this.item;
    return player.half !== item.half || player.frame !== player.table.at(this.frameOf(item));
  }

  /** Put the chosen thing on the frame on screen; whether that may be in another part of the match is asked first. */
  move(sure = false) {
    const player = this.workspace.player;
    if (!this.item) return;
    this.crossing = this.away && player.half !== this.item.half && !sure;
    if (this.crossing || !this.away) { this.moving = this.crossing || !this.moving; this.draw(); return; }
    this.moving = false;
    this.act("move", { half: player.half, seconds: player.time });
  }

  key(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!this.data) return false;
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return false;
      this.act(key === "y" || event.shiftKey ? "redo" : "undo", {}, false);
      return true;
    }
    if (this.choosing) return this.chooseByKey(key);
    if (this.moving && key === "Enter") { this.move(this.crossing); return true; }
    if (this.sure !== null && key === "Enter") { this.acceptMany(this.sure); return true; }
    if ((this.moving || this.sure !== null) && key === "Escape") { this.leave(); this.draw(); return true; }
    const actions = {
      a: () => this.act("accept"), x: () => this.act("reject"), m: () => this.move(), c: () => this.item && this.choose("re-class"),
      e: () => this.item && this.ask("comment"), d: () => this.choose("add"), q: () => this.pick(this.next(), RESTING), u: () => this.chooseMany(), ...this.moreKeys,
    };
    if (!actions[key] || event.shiftKey) return false;
    actions[key]();
    return true;
  }

  /** Leave what was begun: another kind of thing is to be reviewed. */
  leave() {
    this.moving = this.crossing = false;
    this.choosing = this.asking = this.sure = null;
  }

  /** Ask from which confidence all that is open is to be accepted. */
  chooseMany() {
    if (!this.items.some((item) => this.open(item) && typeof item.confidence === "number")) return;
    this.sure = this.sure === null ? SURE : null;
    this.draw();
  }

  typing(event) {
    if (!event.target.matches(".sure")) return;
    this.sure = Number(event.target.value) / 100;
    this.describeMany();
  }

  // --- choosing a class ------------------------------------------------------------------------------

  choose(kind) {
    this.choosing = kind;
    this.draw();
    this.root.querySelector(".review-classes")?.scrollIntoView({ block: "nearest" }); // on a long page it may lie below
  }

  chooseByKey(key) {
    const index = key.length === 1 ? LETTERS.indexOf(key) : -1;
    if (key === "Escape") this.choosing = null;
    else if (index >= 0 && index < this.classes.length) { this.chosen(index); return true; }
    this.draw();
    return true;
  }

  chosen(label) {
    const kind = this.choosing, player = this.workspace.player;
    this.choosing = null;
    if (kind === "add") this.act("add", { half: player.half, seconds: player.time, label }, false);
    else this.act("re-class", { label });
    this.draw();
  }

  // --- asking ----------------------------------------------------------------------------------------

  ask(what, then = null) {
    this.asking = what;
    this.askedOf = this.item?.id; // another may be chosen before it is answered
    this.then = then;
    this.draw();
    this.root.querySelector("input").focus();
  }

  typed(event) {
    if (!this.asking || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    const what = this.asking, value = event.target.value.trim(), then = this.then;
    this.asking = this.then = null;
    event.target.blur();
    if (event.key === "Enter" && what === "name" && value) { localStorage.setItem(NAME, value); then?.(); }
    if (event.key === "Enter" && what === "comment") this.act("comment", { comment: value }, false, this.askedOf);
    this.draw();
  }

  click(event) {
    const label = event.target.closest("[data-label]")?.dataset.label;
    if (label !== undefined) this.chosen(Number(label));
    if (event.target.closest("[data-review=name]")) this.ask("name");
    if (event.target.closest("[data-review=many]")) this.acceptMany(this.sure);
  }

  // --- showing ---------------------------------------------------------------------------------------

  draw() {
    if (!this.data || !this.active) return;
    if (this.asking && this.root.querySelector("input")) return; // what is being typed stays
    const items = this.scope, done = items.filter((s) => !this.open(s)).length;
    const share = items.length ? (100 * done) / items.length : 0;
    const problems = this.data.reviewProblems.map((p) => html`<p class="review-problem" role="alert">Your ${p.mine} was not kept. ${p.text}</p>`);
    fill(this.root, html`${this.classMenu()}
      <div class="review-line"><b role="heading" aria-level="2">Review</b><span class="muted">${done} of ${items.length}</span><span class="spring"></span>${this.author ? html`<button class="link caption" data-review="name" title="Change the name">${this.author}</button>` : ""}</div>
      <span class="bar"><i style="width:${share}%"></i></span>${problems}${this.asking ? this.question() : this.sure === null ? this.statusLine() : this.many()}
      <div class="review-buttons">${this.buttons.map(([key, what]) => html`<button class="button" data-press="${key}" title="${what} (${key})" ${this.item ? "" : "disabled"}>${what}<kbd>${key}</kbd></button>`)}</div>
      <div class="review-keys">${this.links.map(([key, what]) => press(key, what))}</div>`);
    if (this.sure !== null) this.describeMany();
  }

  /** From which confidence all open ones are to be accepted, and how many those are. */
  many() {
    return html`<div class="review-line"><span>From</span><input class="sure" type="range" min="5" max="99" value="${Math.round(this.sure * 100)}" aria-label="Least confidence of what is accepted"><output class="sure-text"></output></div>
      <div class="review-line"><button class="button" data-review="many"></button>${press("Esc", "leave it")}</div>`;
  }

  describeMany() {
    const count = this.surest(this.sure).length, button = this.root.querySelector("[data-review=many]");
    this.root.querySelector(".sure-text").textContent = this.sure.toFixed(2);
    fill(button, html`Accept ${this.counted(count)}<kbd>Enter</kbd>`);
    button.disabled = !count;
  }

  question() {
    const comment = this.asking === "comment", value = comment ? this.known.get(this.item?.id)?.comment ?? "" : this.author;
    const hint = comment ? "Comment, then Enter" : "Your name, then Enter";
    return html`<div class="review-line"><input maxlength="${comment ? 2000 : 80}" value="${value}" placeholder="${hint}" aria-label="${hint}"></div>`;
  }

  /** What has been said of the chosen thing, or what to do next. */
  statusLine() {
    if (this.crossing) {
      return this.prompt(html`The frame on screen is in ${partTitle(this.workspace.player.half)}, this ${this.noun} in ${partTitle(this.item.half)}. ${press("Enter", "move it there")} ${press("Esc", "leave it")}`);
    }
    if (this.moving) return this.prompt(html`Moving: ${press("←")} ${press("→")} to the frame, ${press("Enter", "to put it there")}, ${press("Esc", "to leave it")}`);
    const review = this.item && this.known.get(this.item.id);
    return review ? this.line(this.inWords(review, verdictOf(this.item))) : "";
  }

  line(text) { return html`<div class="review-line"><span class="review-text" title="${text}">${text}</span></div>`; }

  /** What to do next, as text or markup; it may take more than a line. */
  prompt(markup) { return html`<div class="review-line wrap"><span>${markup}</span></div>`; }

  /** A review in words; `verdict`: what has become of the thing; `more`: what the kind has of its own. */
  inWords(review, verdict, more = "") {
    const when = review.at ? ` ${review.at.slice(11, 16)} UTC` : "", comment = review.comment ? `: ${review.comment}` : "";
    const was = this.item.was ? `, was ${this.item.was.short},` : "";
    return `${verdict === "open" ? "not judged" : verdict}${was}${more} at ${matchClock(review.half, review.seconds, 2)} by ${review.author}${when}${comment}`;
  }

  classMenu() {
    if (!this.choosing) return "";
    const rows = this.classes.map((c, i) => html`<button data-label="${i}"><kbd>${LETTERS[i]?.toUpperCase() ?? ""}</kbd>${this.classMark(c)}<span>${c.short}</span></button>`);
    const title = this.choosing === "add" ? `Class of the new ${this.noun}` : `Class of this ${this.noun}`;
    return html`<div class="review-classes" role="group" aria-label="${title}"><div class="review-line"><b>${title}</b><span class="spring"></span>${press("Esc", "leave it")}</div>${rows}</div>`;
  }

  classMark(action) { return glyph(action, this.workspace.theme, 16, true); }
}
