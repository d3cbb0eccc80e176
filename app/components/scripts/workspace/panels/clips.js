// The panel of clips that somebody is asked to watch: which one, why, and a key that says that nothing more happens in
// it. What happens is marked as ever, by the keys of the review; undo takes back whatever was done last. Where the model
// has spots there that nobody has judged, the key names them first, and rejects them with the clip when it comes again.

import { fill, html } from "../../markup.js";
import { short } from "../confidence.js";
import { register } from "../registry.js";
import { matchClock } from "../time.js";

const KEY = "I";
const counted = (open) => `${open.length} open ${open.length === 1 ? "spot" : "spots"} of the model`;
const UNDOING = { z: "undo", y: "redo" };

class Clips {
  help = [[KEY, "nothing more happens in the clip that is asked for"]];

  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("asked-clips");
    root.hidden = true;
    this.known = new Map();
    // clips that were said to be watched here, the last one last: [id, changes of the review by then, whether spots were
    // rejected with it]
    this.done = [];
    this.undone = [];
    this.warned = null; // clip and open spots of it that were named, after the first press of the key
    root.addEventListener("click", (event) => this.click(event));
  }

  get outbox() { return this.workspace.part("review").outbox; }
  get pending() { return this.outbox.pending.filter((action) => action.of === "clip"); }
  get asked() { return this.data?.askedClips.asked ?? []; }
  get clip() { return this.asked.find((clip) => clip.id === this.chosen) ?? null; }
  /** The review of spots, whichever list is on show. */
  get spots() { return this.workspace.part("spots").review; }
  /** How often spots and the list on show were reviewed: whether what was said of a clip came last. */
  get changes() { return [...new Set([this.spots, this.workspace.review])].reduce((sum, review) => sum + (review?.history.done.length ?? 0), 0); }
  watched(clip) { return this.known.get(clip.id)?.state === "accepted"; }

  update(data) {
    this.data = data;
    this.known = new Map(data.askedClips.reviews.map((review) => [review.id, review]));
    for (const action of this.pending) {
      if (action.revision === null) continue;
      this.apply(action);
    }
    if (this.match !== data.match.id) { this.match = data.match.id; this.chosen = null; this.done = []; this.undone = []; }
    if (!this.clip) this.chosen = data.askedClips.chosen ?? (this.asked.find((clip) => !this.watched(clip)) ?? this.asked[0])?.id ?? null;
    this.draw();
  }

  respot() { this.draw(); }
  relisted() { this.draw(); }
  get inAddress() { return [["clip", this.clip && this.named ? `${this.clip.half}-${Math.floor(this.clip.start)}` : null]]; }
  readAddress(query) { this.named = query.has("clip"); }

  // --- doing -----------------------------------------------------------------------------------------

  takesKey(event) {
    const { review } = this.workspace, key = event.key.toLowerCase();
    if (!this.clip || review?.choosing || event.shiftKey) return false;
    if (event.ctrlKey || event.metaKey) return this.takesUndoing(UNDOING[key]);
    if (key !== KEY.toLowerCase()) return false;
    this.nothing();
    return true;
  }

  takesUndoing(kind) {
    const [id, changes] = (kind === "undo" ? this.done : kind === "redo" ? this.undone : []).at(-1) ?? [];
    if (!id || changes !== this.changes) return false;
    this.takeBack(kind);
    return true;
  }

  /** Nothing more happens in the clip: it was watched. */
  nothing() {
    const { clip, workspace } = this;
    if (!workspace.review.author) { workspace.review.ask("name", () => this.nothing()); return; }
    if (this.watched(clip)) { this.next(); return; }
    const open = this.openInside, names = this.inWords(open), words = this.inside.length ? "Nothing more" : "Nothing here";
    if (open.length && this.warned !== this.warning) {
      this.warned = this.warning;
      this.draw();
      workspace.toast.show(`${counted(open)} here: ${names}. ${KEY} again: ${open.length === 1 ? "it is not there" : "none of them is there"}`, [["Reject", () => this.nothing()]]);
      return;
    }
    if (open.length) this.spots.rejectMany(open);
    this.post({ kind: "accept", id: clip.id, revision: this.known.get(clip.id)?.revision ?? 0 });
    this.done.push([clip.id, this.changes, open.length > 0]);
    this.undone = [];
    const rejected = open.length ? `, rejected ${names}` : "";
    workspace.toast.show(`${words}: clip at ${matchClock(clip.half, clip.start)}${rejected}`, [["Undo", () => this.takeBack("undo")]]);
    this.next();
  }

  takeBack(kind) {
    const [from, to] = kind === "undo" ? [this.done, this.undone] : [this.undone, this.done], last = from.pop();
    if (!last) return;
    const [id, , rejected] = last;
    this.post({ kind, id, revision: 0 });
    if (rejected) this.spots.act(kind, {}, false);
    to.push([id, this.changes, rejected]);
    this.open(this.asked.find((clip) => clip.id === id));
    const way = kind === "undo" ? ["Redo", "redo"] : ["Undo", "undo"];
    this.workspace.toast.show(kind === "undo" ? "Taken back: the clip is not watched" : "Done again", [[way[0], () => this.takeBack(way[1])]]);
  }

  post(action) {
    const made = { of: "clip", ...action };
    this.apply(made);
    this.outbox.post(made);
    this.draw();
  }

  /** Show at once what the answer will say. */
  apply({ kind, id, revision }) {
    const before = this.known.get(id) ?? { id, revision, state: "open" };
    this.known.set(id, { ...before, state: kind === "undo" ? "open" : "accepted", revision: before.revision + 1 });
  }

  /** On to the next clip that nobody has watched. */
  next() {
    const at = this.asked.findIndex((clip) => clip.id === this.chosen), order = [...this.asked.slice(at + 1), ...this.asked.slice(0, at)];
    this.open(order.find((clip) => !this.watched(clip)));
  }

  open(clip) {
    this.warned = null;
    if (clip) { this.chosen = clip.id; this.workspace.goTo(clip.half, clip.start); }
    this.draw();
    this.workspace.address();
  }

  click(event) {
    const does = event.target.closest("[data-clip]")?.dataset.clip;
    if (does === "start") this.open(this.clip);
    else if (does === "next") this.next();
    else if (does === "nothing") this.nothing();
    const spot = event.target.closest("[data-spot]")?.dataset.spot;
    if (spot) this.workspace.pick(this.workspace.all.find((one) => one.id === spot));
  }

  // --- showing ---------------------------------------------------------------------------------------

  /** Spots in the clip, whatever the filters hide: whoever watches a clip says of all classes what is in it. */
  get within() {
    const { clip, workspace } = this;
    return workspace.all.filter((s) => s.half === clip.half && s.seconds >= clip.start && s.seconds < clip.end);
  }

  /** What is held to be true in the clip. */
  get inside() { return this.within.filter((s) => this.spots.stands(s)); }

  /** What the model has there at the present thresholds, and nobody has judged. */
  get openInside() { return this.within.filter((s) => this.spots.open(s) && (s.confidence ?? -1) >= this.workspace.levelOf(s.action)); }

  /** By what it is known whether these spots of this clip were named. */
  get warning() { return [this.chosen, ...this.openInside.map((s) => s.id)].join(" "); }

  inWords(spots) { return spots.map((s) => `${s.action.short} ${short(s.confidence)}`).join(", "); }

  draw() {
    const { clip, root } = this, tall = root.offsetHeight;
    root.hidden = !clip;
    if (clip) fill(root, this.markup(clip));
    if (tall !== root.offsetHeight && this.workspace.data) this.workspace.rail.reveal(); // the list has got more or less room
  }

  markup(clip) {
    const left = this.asked.filter((one) => !this.watched(one)).length, inside = this.inside, watched = this.watched(clip);
    const until = matchClock(clip.half, clip.end), what = inside.length ? inside.map((s) => s.action.short).join(", ") : "nothing marked";
    const open = watched ? [] : this.openInside, none = open.length === 1 ? "It is not there" : "None of them is there";
    const words = open.length && this.warned === this.warning ? none : inside.length ? "Nothing more" : "Nothing here";
    const after = left ? html`<button class="link caption" data-clip="next">Next clip</button>` : html`<a class="caption" href="${this.data.askedClips.queue}">To the queue</a>`;
    return html`<div class="review-line"><b role="heading" aria-level="2">Clip</b><button class="link" data-clip="start" title="To its beginning">${matchClock(clip.half, clip.start)} – ${until}</button><span class="spring"></span><span class="muted">${left ? `${left} left` : "all watched"}</span></div>
      ${clip.why ? html`<div class="review-line wrap"><span class="soft">Asked for: ${clip.why}</span></div>` : ""}
      <div class="review-line"><span class="review-text muted" title="${what}">${watched ? "Watched; " : ""}${what}</span></div>
      ${open.length ? html`<div class="review-line wrap"><span>${counted(open)}: ${open.map((s) => html`<button class="link" data-spot="${s.id}" title="To it, to accept or reject it">${s.action.short} ${short(s.confidence)}</button> `)}</span></div>` : ""}
      <div class="review-line">${watched ? "" : html`<button class="button" data-clip="nothing">${words}<kbd>${KEY}</kbd></button>`}<span class="spring"></span>${after}</div>`;
  }
}

register("panel", "clips", { at: "list", reads: ["askedClips"], make: (workspace, root) => new Clips(workspace, root) });
