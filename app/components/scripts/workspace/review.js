// Review of spots by keys: what was done is shown at once, sent in order, and kept until it has been answered.
//
// A change names the revision of the spot it was made on; a conflict comes back as a sentence and changes nothing.

import { glyph } from "./theme.js";
import { matchClock } from "./time.js";

const NAME = "touchline-reviewer";
const PATIENCE = 1500; // milliseconds after which what is not answered is sent again
const RESTING = 600; // milliseconds on a spot before it is explained: a reviewer in haste asks for nothing
const TOGETHER = 250; // milliseconds for which changes are collected
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const STANDING = new Set(["accepted", "moved", "added"]);
const TEAMS = ["home", "away", "unknown"];
const SIGNS = { accepted: "M2 1.5h9v10H2ZM4.2 6.6l1.7 1.9l3-3.8", moved: "M2 1.5h9v10H2ZM4 6.5h5M7 4.4l2 2.1l-2 2.1", rejected: "M3 3l7 7M10 3l-7 7", added: "M6.5 1.5l5 5l-5 5l-5-5Z" };
const HINTS = [["A", "accept"], ["X", "reject"], ["M", "move"], ["C", "class"], ["T", "team"], ["E", "comment"], ["D", "add"], ["Q", "next open"], ["Ctrl Z", "undo"]];
const html = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Sign of a review at the right end of a row; nothing where the spot is open. */
export function reviewSign(review) {
  const shape = review && SIGNS[review.state], title = review ? `${review.state} by ${review.author}${review.comment ? `: ${review.comment}` : ""}` : "";
  if (!shape) return `<span class="sign">${review?.comment ? `<span title="${html(title)}">…</span>` : ""}</span>`;
  return `<span class="sign" title="${html(title)}"><svg width="13" height="13" viewBox="0 0 13 13" fill="none" stroke="currentColor" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round" aria-label="${review.state}"><path d="${shape}"/></svg></span>`;
}

/** What has been done and not been answered, by number: it outlives a workspace that is made anew. */
const waiting = { actions: [], count: null };

export class Review {
  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    this.moving = false;
    this.asking = null; // "name", "comment" or null
    this.sent = null; // when that was sent which has not been answered
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.typed(event));
  }

  update(data) {
    this.data = data;
    waiting.count ??= data.reviewSeen;
    const before = waiting.actions.length;
    waiting.actions = waiting.actions.filter((action) => action.n > data.reviewSeen);
    if (waiting.actions.length < before) { clearTimeout(this.sending); this.sending = this.sent = null; } // it has been answered
    this.known = new Map(data.reviews.map((r) => [r.id, r]));
    for (const action of this.pending) this.apply(action);
    if (this.pending.length) this.send();
  }

  get pending() { return waiting.actions.filter((action) => action.match === this.data.match.id); }

  /**
   * Send all that has not been answered, a little later: what comes twice is done once. While an answer is awaited
   * nothing more is sent: runs of the page that follow each other fast get into each other's way.
   */
  send() {
    const rest = this.sent === null ? 0 : this.sent + PATIENCE - performance.now();
    this.sending ??= setTimeout(() => {
      this.sending = null;
      if (!this.workspace.root.isConnected) return; // sent when there is a place again
      this.sent = performance.now();
      this.workspace.api.setTriggerValue("review", { author: this.author, actions: this.pending });
    }, Math.max(TOGETHER, rest));
  }

  destroy() { clearTimeout(this.sending); }

  // --- what stands -----------------------------------------------------------------------------------

  /** The model's spots as their reviewers have left them, and those that people have added. */
  joined(spots) {
    const classes = this.data.classes, ids = new Set(spots.map((s) => s.id));
    const placed = (spot, r) => ({ ...spot, half: r.half, seconds: r.seconds, action: classes[r.label], review: r });
    const own = spots.map((spot) => (this.known.has(spot.id) ? placed(spot, this.known.get(spot.id)) : spot));
    const others = [...this.known.values()].filter((r) => !ids.has(r.id) && STANDING.has(r.state));
    const added = others.map((r) => placed({ id: r.id, confidence: r.confidence ?? 1, added: r.confidence === null }, r));
    return [...own, ...added].sort((a, b) => a.half - b.half || a.seconds - b.seconds);
  }

  stands(spot) { return STANDING.has(spot.review?.state); }
  open(spot) { return !spot.review || spot.review.state === "open"; }

  /** Show at once what the answer will say. */
  apply(action) {
    const spot = this.workspace.all?.find((s) => s.id === action.id);
    const before = this.known.get(action.id) ?? (spot && {
      id: spot.id, half: spot.half, seconds: spot.seconds, label: spot.action.index, team: "unknown", state: "open", comment: "", revision: 0, confidence: spot.confidence,
    });
    if (action.kind === "undo" || action.kind === "redo" || (!before && action.kind !== "add")) return;
    const after = { ...before, id: action.id, author: this.author, revision: (before?.revision ?? 0) + 1 };
    for (const name of ["half", "seconds", "label", "team", "comment"]) if (name in action) after[name] = action[name];
    if (action.kind === "add") Object.assign(after, { state: "added", confidence: null, team: "unknown", comment: "" });
    else if (action.kind === "reject") after.state = "rejected";
    else if (["accept", "move", "re-class"].includes(action.kind)) {
      after.state = before.state === "added" ? "added" : action.kind === "move" || before.state === "moved" ? "moved" : "accepted";
    }
    this.known.set(action.id, after);
  }

  // --- doing -----------------------------------------------------------------------------------------

  get author() { return this.data.reviewer ?? localStorage.getItem(NAME) ?? ""; }
  get spot() { return this.workspace.chosen?.other ? null : this.workspace.chosen; }

  /** Do something to the chosen spot, and go on to the next one that is open. */
  act(kind, values = {}, onward = true) {
    if (!this.spot && !["add", "undo", "redo"].includes(kind)) return;
    if (!this.author) { this.ask("name", () => this.act(kind, values, onward)); return; }
    const n = ++waiting.count, id = kind === "add" ? `pending/${n}` : this.spot?.id;
    const action = { n, match: this.data.match.id, kind, id, revision: this.known.get(id)?.revision ?? 0, ...values };
    waiting.actions.push(action);
    const next = onward ? this.next() : null;
    this.apply(action);
    this.redraw();
    if (next) this.workspace.pick(this.workspace.all.find((s) => s.id === next.id), true, RESTING);
    this.send();
  }

  redraw() {
    this.workspace.readSpots();
    this.workspace.respot();
  }

  /** The next spot that nobody has judged, after the chosen one; from the beginning if there is none behind. */
  next() {
    const spots = this.workspace.spots, at = spots.findIndex((s) => s.id === this.spot?.id);
    const others = [...spots.slice(at + 1), ...spots.slice(0, Math.max(0, at))];
    return others.find((s) => this.open(s)) ?? null;
  }

  move() {
    const player = this.workspace.player, spot = this.spot;
    if (!spot) return;
    const away = player.half !== spot.half || player.frame !== player.table.at(spot.seconds);
    if (!away) { this.moving = !this.moving; this.draw(); return; }
    this.moving = false;
    this.act("move", { half: player.half, seconds: player.time });
  }

  key(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!this.data?.reviews) return false;
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return false;
      this.act(key === "y" || event.shiftKey ? "redo" : "undo", {}, false);
      return true;
    }
    if (this.choosing) return this.chooseByKey(key);
    if (this.moving && key === "Enter") { this.move(); return true; }
    if (this.moving && key === "Escape") { this.moving = false; this.draw(); return true; }
    const actions = {
      a: () => this.act("accept"), x: () => this.act("reject"), m: () => this.move(), c: () => this.spot && this.choose("re-class"),
      t: () => this.team(), e: () => this.spot && this.ask("comment"), d: () => this.choose("add"),
      q: () => this.workspace.pick(this.next(), true, RESTING),
    };
    if (!actions[key] || event.shiftKey) return false;
    actions[key]();
    return true;
  }

  team() {
    if (!this.spot) return;
    const now = this.known.get(this.spot.id)?.team ?? "unknown";
    this.act("team", { team: TEAMS[(TEAMS.indexOf(now) + 1) % TEAMS.length] }, false);
  }

  // --- choosing a class ------------------------------------------------------------------------------

  choose(kind) { this.choosing = kind; this.draw(); }

  chooseByKey(key) {
    const index = key.length === 1 ? LETTERS.indexOf(key) : -1;
    if (key === "Escape") this.choosing = null;
    else if (index >= 0 && index < this.data.classes.length) { this.chosen(index); return true; }
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
    if (event.key === "Enter" && what === "comment") this.act("comment", { comment: value }, false);
    this.draw();
  }

  click(event) {
    const label = event.target.closest("[data-label]")?.dataset.label;
    if (label !== undefined) this.chosen(Number(label));
    if (event.target.closest("[data-review=name]")) this.ask("name");
  }

  // --- showing ---------------------------------------------------------------------------------------

  draw() {
    if (!this.data?.reviews) return;
    if (this.asking && this.root.querySelector("input")) return; // what is being typed stays
    const spots = this.workspace.spots ?? [], done = spots.filter((s) => !this.open(s)).length;
    const share = spots.length ? (100 * done) / spots.length : 0;
    const problems = this.data.reviewProblems.map((p) => `<p class="review-problem" role="alert">Your ${html(p.mine)} was not kept. ${html(p.text)}</p>`).join("");
    this.root.innerHTML = `${this.classMenu()}
      <div class="review-line"><b>Review</b><span class="muted">${done} of ${spots.length}</span><span class="spring"></span>${this.author ? `<button class="link caption" data-review="name" title="Change the name">${html(this.author)}</button>` : ""}</div>
      <span class="bar"><i style="width:${share}%"></i></span>${problems}${this.asking ? this.question() : this.said()}
      <div class="review-keys">${HINTS.map(([key, what]) => `<span><kbd>${key}</kbd>${what}</span>`).join("")}</div>`;
  }

  question() {
    const comment = this.asking === "comment", value = comment ? this.known.get(this.spot?.id)?.comment ?? "" : this.author;
    const hint = comment ? "Comment, then Enter" : "Your name, then Enter";
    return `<div class="review-line"><input maxlength="${comment ? 2000 : 80}" value="${html(value)}" placeholder="${hint}" aria-label="${hint}"></div>`;
  }

  /** What has been said of the chosen spot, or what to do next. */
  said() {
    if (this.moving) return `<div class="review-line said">Moving: <kbd>←</kbd> <kbd>→</kbd> to the frame, <kbd>Enter</kbd> to put it there, <kbd>Esc</kbd> to leave it</div>`;
    const review = this.spot && this.known.get(this.spot.id);
    if (!review) return "";
    const team = review.team === "unknown" ? "" : `, ${this.data.teams[review.team]}`, when = review.at ? ` ${review.at.slice(11, 16)} UTC` : "";
    const text = `${review.state}${team} at ${matchClock(review.half, review.seconds, 2)} by ${review.author}${when}${review.comment ? `: ${review.comment}` : ""}`;
    return `<div class="review-line"><span class="said" title="${html(text)}">${html(text)}</span></div>`;
  }

  classMenu() {
    if (!this.choosing) return "";
    const rows = this.data.classes.map((c, i) => `<button data-label="${i}"><kbd>${LETTERS[i]?.toUpperCase() ?? ""}</kbd>${glyph(c, this.workspace.theme, 16, true)}<span>${html(c.short)}</span></button>`);
    return `<div class="review-classes" role="menu" aria-label="${this.choosing === "add" ? "Class of the new spot" : "Class of this spot"}">${rows.join("")}</div>`;
  }
}
