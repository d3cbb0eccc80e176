// Review of camera changes: the shot that ends at a frame, how it ends, whether it was a replay and what that showed.

import { html } from "../markup.js";
import { press } from "./hints.js";
import { Review } from "./review.js";
import { colour } from "./theme.js";
import { matchClock } from "./time.js";
import { VerdictFilter } from "./verdict_filter.js";

const BUTTONS = [["A", "Accept"], ["X", "Reject"], ["M", "Move"], ["C", "Camera"], ["T", "Kind"], ["R", "Replay"], ["W", "Shows"], ["G", "Action"], ["E", "Comment"]];
const LINKS = [["D", "add"], ["Q", "next open"], ["U", "accept many"], ["Ctrl Z", "undo"], ["V", "spots"]];
const TONES = { close: "shotCloseUp", goal: "shotBehindGoal" };
const SAME = 0.05; // seconds within which a change is where the playhead is
const NEAR = 5; // seconds around the playhead in which an action is meant
const LINGER = 2000; // milliseconds on an action before it is explained: it is only pointed at

/** Colour of a camera in the strip of shots and in lists. */
export const tone = (camera, theme) => colour(theme, TONES[camera.group] ?? "shotMain");

export class CameraReview extends Review {
  of = "camera";
  noun = "camera change";
  nouns = "camera changes";
  buttons = BUTTONS;
  links = LINKS;
  columns = { change_type: null, replay: false, link: null };
  moreKeys = { t: () => this.changeKind(), r: () => this.item && this.act("replay", { replay: !this.item.replay }, false), w: () => this.startLink() };
  all = [];
  cut = new Map(); // shots by half
  item = null;
  linking = false;
  doubtfulFirst = false;
  verdicts = new VerdictFilter("changes", (change) => this.open(change), () => this.workspace.relist());

  update(data) {
    this.cameras = data.cameras;
    if (this.data?.match.id !== data.match.id) this.item = null;
    this.data = data;
    this.read(); // what is not answered is shown on top of what the match has
    super.update(data, data.cameras.reviews);
    this.read();
  }

  get classes() { return this.cameras.classes; }
  /** The groups of the cameras, and how they are called. */
  get groups() { return this.cameras?.groups ?? {}; }
  /** The changes on show, in the order in which they are gone through. */
  get items() {
    const shown = this.scope.filter((c) => this.verdicts.passes(c));
    return this.doubtfulFirst ? shown.sort((a, b) => (b.doubt ?? -1) - (a.doubt ?? -1)) : shown;
  }
  /** The changes on show, whatever was said of them. */
  get scope() { return this.all.filter((c) => this.workspace.rail.passes(c)); }
  /** Whether a model says how sure it is of them. */
  get doubted() { return this.all.some((c) => c.doubt !== null && c.doubt !== undefined); }
  /** Where the changes come from, in a few words. */
  get source() { return this.cameras?.source ?? ""; }

  /** The match's changes as their reviewers have left them. */
  read() {
    this.cut = new Map();
    this.all = this.joined(this.cameras.changes.map(([id, half, seconds, label, change_type, replay, link, confidence, doubt, unfit, proposed]) => ({ id, half, seconds, action: this.classes[label], change_type, replay, link, confidence, doubt, unfit, proposed })));
    if (this.item) this.item = this.all.find((c) => c.id === this.item.id) ?? null;
    if (!this.item) this.linking = false; // what was to be linked is gone
  }

  frameOf(change) { return change.seconds; }

  placed(change, r) {
    const first = change?.action.index ?? r.was, was = first === undefined || first === null || first === r.label ? null : this.classes[first];
    return { ...(change ?? { id: r.id, added: r.state === "added" }), was, half: r.half, seconds: r.seconds, action: this.classes[r.label], change_type: r.change_type, replay: r.replay, link: r.link, review: r };
  }

  /** What has a link is a replay; what is no replay has none. */
  settled(after) { return after.replay ? after : { ...after, link: null }; }

  redraw() {
    this.read();
    this.workspace.respot();
  }

  /** Shots of a half as the changes that stand or are open cut it: changes with {start, end}, in order. */
  shots(half) {
    if (!this.cut.has(half)) {
      let start = 0;
      const ends = this.all.filter((c) => c.half === half && c.review?.state !== "rejected");
      this.cut.set(half, ends.map((c) => { const shot = { ...c, start, end: c.seconds }; start = c.seconds; return shot; }));
    }
    return this.cut.get(half);
  }

  /** The shot on screen at a moment, or null. */
  shotAt(half, seconds) {
    const shots = this.shots(half);
    let low = 0, high = shots.length;
    while (low < high) { const middle = (low + high) >> 1; if (shots[middle].end <= seconds) low = middle + 1; else high = middle; }
    return shots[low] && seconds >= shots[low].start ? shots[low] : null;
  }

  // --- going about -----------------------------------------------------------------------------------

  pick(change) {
    if (!change) return;
    this.item = change;
    this.moving = this.linking = false;
    this.workspace.goTo(change.half, change.seconds);
    this.workspace.relist();
  }

  /** The next or previous change from the playhead. */
  step(by) {
    const { lanes, player } = this.workspace, now = lanes.common(player.half, player.time), at = (c) => lanes.common(c.half, c.seconds);
    // From the chosen change's own frame: two changes can lie closer than the eye can tell.
    const from = this.item && (this.doubtfulFirst || !this.away) ? this.items.findIndex((c) => c.id === this.item.id) : -1;
    if (from >= 0) this.pick(this.items[from + by]);
    else if (this.doubtfulFirst) this.pick(this.items[0]);
    else this.pick(by > 0 ? this.items.find((c) => at(c) > now + SAME) : this.items.findLast((c) => at(c) < now - SAME));
  }

  added(id) { this.pick(this.all.find((c) => c.id === id)); }

  leave() {
    super.leave();
    this.linking = false;
  }

  // --- kind and link ---------------------------------------------------------------------------------

  changeKind() {
    if (!this.item) return;
    const kinds = this.cameras.kinds, now = kinds.indexOf(this.item.change_type);
    this.act("kind", { change_type: kinds[(now + 1) % kinds.length] }, false);
  }

  chosen(label) {
    if (this.choosing !== "add") { super.chosen(label); return; }
    const player = this.workspace.player;
    this.choosing = null;
    this.act("add", { half: player.half, seconds: player.time, label, change_type: this.cameras.kinds[0] }, false);
    this.draw();
  }

  /** Choose the action that the replay shows: the one at the playhead, else that of the link or that a model proposes, else the last one before the shot. */
  startLink() {
    if (!this.item) return;
    if (this.linking) { this.link(); return; }
    const away = this.away;
    this.linking = true;
    this.moving = false;
    const spot = (away && this.spotNear(this.workspace.player.half, this.workspace.player.time)) || this.spotOf(this.item.link ?? this.item.proposed) || this.spotBefore();
    if (spot) this.workspace.pick(spot, true, LINGER); else this.draw();
  }

  spotNear(half, seconds) {
    const spots = this.workspace.spots.filter((s) => s.half === half && Math.abs(s.seconds - seconds) <= NEAR);
    return spots.sort((a, b) => Math.abs(a.seconds - seconds) - Math.abs(b.seconds - seconds))[0] ?? null;
  }

  spotOf(link) {
    return link && (this.workspace.spots.filter((s) => s.half === link.half && s.action.name === link.label && Math.abs(s.seconds - link.seconds) <= NEAR)[0] ?? null);
  }

  spotBefore() {
    const start = this.shots(this.item.half).find((s) => s.id === this.item.id)?.start ?? this.item.seconds;
    return this.workspace.spots.findLast((s) => s.half === this.item.half && s.seconds <= start && !s.replayed) ?? null;
  }

  /** The replay shows the chosen action. */
  link() {
    const spot = this.workspace.chosen;
    if (!spot) return;
    this.linking = false;
    this.act("link", { replay: true, link: { half: spot.half, seconds: spot.seconds, label: spot.action.name } }, false);
    this.pick(this.item);
  }

  unlink() {
    this.linking = false;
    this.act("link", { link: null }, false);
    this.pick(this.item);
  }

  key(event) {
    if (this.linking && !event.ctrlKey && !event.metaKey) {
      const actions = { Enter: () => this.link(), w: () => this.link(), x: () => this.unlink(), Escape: () => this.pick(this.item) };
      const action = actions[event.key] ?? actions[event.key.toLowerCase()];
      if (action) { action(); return true; }
      if (/^[a-z]$/i.test(event.key) && !"jklnpo".includes(event.key.toLowerCase())) return true; // nothing else until that is done
      return false;
    }
    return super.key(event);
  }

  // --- showing ---------------------------------------------------------------------------------------

  statusLine() {
    if (this.linking) {
      const spot = this.workspace.chosen, what = spot ? `${spot.action.short} at ${matchClock(spot.half, spot.seconds)}` : "no action chosen";
      return this.prompt(html`It shows <b>${what}</b>: ${press("N")} ${press("P", "another")}, ${press("Enter", "that one")}, ${press("X", "none")}, ${press("Esc", "leave it")}`);
    }
    if (this.moving || !this.item) return super.statusLine();
    return [this.prompt(this.facts(this.item)), super.statusLine()];
  }

  /** What a change is, in words. */
  facts({ action, change_type, replay, link, confidence, review, unfit }) {
    const shown = link ? `replay of ${this.shortOf(link.label)} at ${matchClock(link.half, link.seconds)}` : unfit ? "replay that no action fits" : "replay of what?";
    const sure = typeof confidence === "number" && !review ? [`confidence ${confidence.toFixed(2)}`] : [];
    return [action.short, change_type ?? "kind unknown", ...(replay ? [shown] : []), ...sure].join(", ");
  }

  shortOf(label) { return this.data.classes.find((c) => c.name === label)?.short ?? label; }

  classMark(camera) { return html`<i class="tone" style="background:${tone(camera, this.workspace.theme)}"></i>`; }
}
