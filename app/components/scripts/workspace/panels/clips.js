// The panel of clips that somebody is asked to watch: which one, why, and a key that says that nothing more happens in
// it. What happens is marked as ever, by the keys of the review; undo takes back whatever was done last.

import { fill, html } from "../../markup.js";
import { register } from "../registry.js";
import { matchClock } from "../time.js";

const KEY = "I";
const UNDOING = { z: "undo", y: "redo" };

class Clips {
  help = [[KEY, "nothing more happens in the clip that is asked for"]];

  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("asked-clips");
    root.hidden = true;
    this.known = new Map();
    this.done = []; // clips that were said to be watched here, [id, changes of the review by then], the last one last
    this.undone = [];
    root.addEventListener("click", (event) => this.click(event));
  }

  get outbox() { return this.workspace.part("review").outbox; }
  get pending() { return this.outbox.pending.filter((action) => action.of === "clip"); }
  get asked() { return this.data?.askedClips.asked ?? []; }
  get clip() { return this.asked.find((clip) => clip.id === this.chosen) ?? null; }
  /** How often the list on show was reviewed: whether what was said of a clip came last. */
  get changes() { return this.workspace.review?.history.done.length ?? 0; }
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
    const words = this.inside.length ? "Nothing more" : "Nothing here";
    this.post({ kind: "accept", id: clip.id, revision: this.known.get(clip.id)?.revision ?? 0 });
    this.done.push([clip.id, this.changes]);
    this.undone = [];
    workspace.toast.show(`${words}: clip at ${matchClock(clip.half, clip.start)}`, [["Undo", () => this.takeBack("undo")]]);
    this.next();
  }

  takeBack(kind) {
    const [from, to] = kind === "undo" ? [this.done, this.undone] : [this.undone, this.done], last = from.pop();
    if (!last) return;
    to.push([last[0], this.changes]);
    this.post({ kind, id: last[0], revision: 0 });
    this.open(this.asked.find((clip) => clip.id === last[0]));
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
    if (clip) { this.chosen = clip.id; this.workspace.goTo(clip.half, clip.start); }
    this.draw();
    this.workspace.address();
  }

  click(event) {
    const does = event.target.closest("[data-clip]")?.dataset.clip;
    if (does === "start") this.open(this.clip);
    else if (does === "next") this.next();
    else if (does === "nothing") this.nothing();
  }

  // --- showing ---------------------------------------------------------------------------------------

  /** What is held to be true in the clip. */
  get inside() {
    const { clip, workspace } = this;
    return workspace.all.filter((s) => workspace.review?.stands(s) && s.half === clip.half && s.seconds >= clip.start && s.seconds < clip.end);
  }

  draw() {
    const { clip, root } = this, tall = root.offsetHeight;
    root.hidden = !clip;
    if (clip) fill(root, this.markup(clip));
    if (tall !== root.offsetHeight && this.workspace.data) this.workspace.rail.reveal(); // the list has got more or less room
  }

  markup(clip) {
    const left = this.asked.filter((one) => !this.watched(one)).length, inside = this.inside, watched = this.watched(clip);
    const until = matchClock(clip.half, clip.end), what = inside.length ? inside.map((s) => s.action.short).join(", ") : "nothing marked";
    const words = inside.length ? "Nothing more" : "Nothing here";
    const after = left ? html`<button class="link caption" data-clip="next">Next clip</button>` : html`<a class="caption" href="${this.data.askedClips.queue}">To the queue</a>`;
    return html`<div class="review-line"><b role="heading" aria-level="2">Clip</b><button class="link" data-clip="start" title="To its beginning">${matchClock(clip.half, clip.start)} – ${until}</button><span class="spring"></span><span class="muted">${left ? `${left} left` : "all watched"}</span></div>
      ${clip.why ? html`<div class="review-line wrap"><span class="soft">Asked for: ${clip.why}</span></div>` : ""}
      <div class="review-line"><span class="review-text muted" title="${what}">${watched ? "Watched; " : ""}${what}</span></div>
      <div class="review-line">${watched ? "" : html`<button class="button" data-clip="nothing">${words}<kbd>${KEY}</kbd></button>`}<span class="spring"></span>${after}</div>`;
  }
}

register("panel", "clips", { at: "list", reads: ["askedClips"], make: (workspace, root) => new Clips(workspace, root) });
