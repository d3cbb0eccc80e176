// The panel of replays: on an action those that show it, each played beside it; on a replay the action that it shows. G
// goes from one to the other and back.

import { fill, html } from "../../markup.js";
import { InsetVideo } from "../inset_video.js";
import { register } from "../registry.js";
import { icon } from "../theme.js";
import { FrameTable, matchClock } from "../time.js";

const WIDE = 168; // pixels of a picture

class Replays {
  help = [["G", "from a replay to its action and back"]];
  keys = { g: () => this.go() };
  back = null; // {half, seconds, from}: where G goes back to, and where from

  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("replays");
    root.hidden = true;
    this.inset = new InsetVideo(workspace.q(".stage"), (shot) => workspace.goTo(shot.half, shot.start));
    this.tables = new Map();
    root.addEventListener("click", (event) => this.click(event));
  }

  get cameras() { return this.workspace.part("cameras").review; }

  update(data) {
    this.data = data;
    if (this.match !== data.match.id) { this.inset.close(); this.back = null; }
    this.match = data.match.id;
    this.tables.clear();
  }

  pick(spot) {
    if (this.inset.shot && !this.replaysOf(spot).some((shot) => shot.id === this.inset.shot.id)) this.inset.close();
    this.draw(); // before the list looks how much room is left
  }

  relisted() { this.draw(); }

  respot() { this.draw(); }
  destroy() { this.inset.close(); }

  // --- which shows which -----------------------------------------------------------------------------

  /** The replays that show an action, in order. */
  replaysOf(spot) {
    if (!spot) return [];
    const shots = this.data.halves.flatMap((h) => this.cameras.shots(h.half));
    return shots.filter((shot) => shot.replay && shot.link && this.shows(shot.link, spot));
  }

  shows(link, spot) {
    return link.half === spot.half && link.label === spot.action.name && Math.abs(link.seconds - spot.seconds) <= this.data.linkReach;
  }

  /** The spot that a link means, the nearest one of its class. */
  spotOf(link) {
    const away = (spot) => Math.abs(spot.seconds - link.seconds);
    return this.workspace.spots.filter((spot) => this.shows(link, spot) && !spot.replayed).sort((a, b) => away(a) - away(b))[0] ?? null;
  }

  /** The replay that is chosen among the camera changes, else the one on screen. */
  get replay() {
    const { player } = this.workspace, { active, item } = this.cameras;
    if (active && item?.replay) return this.cameras.shots(item.half).find((shot) => shot.id === item.id) ?? null;
    const shot = player.half === null ? null : this.cameras.shotAt(player.half, player.time);
    return shot?.replay ? shot : null;
  }

  /** The replay that is spoken of: the chosen one, or that in which the chosen spot lies. */
  get subject() {
    const { active, item } = this.cameras, { chosen } = this.workspace;
    if (active) return item?.replay ? this.replay : null;
    const shot = chosen ? this.cameras.shotAt(chosen.half, chosen.seconds) : null;
    return shot?.replay ? shot : null;
  }

  // --- going about -----------------------------------------------------------------------------------

  /** From a replay to its action, from an action to its first replay, and back. */
  go() {
    const { workspace } = this, { player } = workspace, { back } = this;
    if (back && back.from.half === player.half && back.from.frame === player.frame) { this.back = null; workspace.goTo(back.half, back.seconds); return; }
    const { replay } = this, here = { half: player.half, seconds: player.time };
    if (replay?.link) this.goToAction(replay.link);
    else if (replay) { this.say(replay); return; }
    else {
      const [first] = this.replaysOf(workspace.chosen);
      if (!first) return;
      workspace.goTo(first.half, first.start);
    }
    this.back = { ...here, from: { half: player.half, frame: player.frame } };
  }

  goToAction(link) {
    const spot = this.cameras.active ? null : this.spotOf(link);
    if (spot) this.workspace.pick(spot); else this.workspace.goTo(link.half, link.seconds);
  }

  click(event) {
    const play = event.target.closest("[data-replay]")?.dataset.replay;
    if (play) this.play(this.replaysOf(this.workspace.chosen).find((shot) => shot.id === play));
    if (event.target.closest("[data-do=action]") && this.subject?.link) {
      const { player } = this.workspace, here = { half: player.half, seconds: player.time };
      this.goToAction(this.subject.link);
      this.back = { ...here, from: { half: player.half, frame: player.frame } };
    }
  }

  /** Play a replay beside the action. */
  play(shot) {
    const half = shot && this.data.halves.find((h) => h.half === shot.half);
    if (!half) return;
    if (!half.video) { this.workspace.goTo(shot.half, shot.start); return; }
    const { chosen, player } = this.workspace;
    if (player.half !== chosen.half || this.cameras.shotAt(player.half, player.time)?.id === shot.id) this.workspace.goTo(chosen.half, chosen.seconds);
    const table = this.table(shot.half);
    this.inset.open(half.video, shot, table.middle(table.at(shot.start)), `${chosen.action.short}, replay at ${matchClock(shot.half, shot.start)}`);
    this.draw();
  }

  table(half) {
    if (!this.tables.has(half)) this.tables.set(half, new FrameTable(this.workspace.arrays.get(half).frameTimes));
    return this.tables.get(half);
  }

  // --- showing ---------------------------------------------------------------------------------------

  draw() {
    if (!this.data) return;
    const { subject } = this, { chosen } = this.workspace;
    const replays = subject || this.cameras.active ? [] : this.replaysOf(chosen);
    this.root.hidden = !subject && !replays.length;
    if (subject) this.say(subject);
    else if (replays.length) fill(this.root, html`<div class="review-line"><b>Its replays</b><span class="muted">${replays.length}</span></div><div class="thumbs">${replays.map((shot) => this.thumb(shot))}</div>`);
  }

  /** What a replay shows, as a line. */
  say(shot) {
    const { link } = shot, action = link && this.cameras.shortOf(link.label);
    this.root.hidden = false;
    fill(this.root, link
      ? html`<div class="review-line"><b>Replay</b><span class="review-text">of ${action} at ${matchClock(link.half, link.seconds)}</span><span class="spring"></span><button class="button" data-do="action" title="To the action (G)">Go to it</button></div>`
      : html`<div class="review-line wrap" role="status"><span><b>Replay</b> ${shot.unfit ? "No action fits it." : "Nobody has said what it shows."} <span class="muted">W among the cameras links it.</span></span></div>`);
  }

  thumb(shot) {
    const half = this.data.halves.find((h) => h.half === shot.half), middle = (shot.start + shot.end) / 2;
    const picture = half.picture ? html`<img loading="lazy" alt="" src="${half.picture}?frame=${this.table(shot.half).at(middle)}&width=${WIDE}">` : "";
    const on = this.inset.shot?.id === shot.id;
    return html`<button class="thumb ${on ? "on" : ""}" data-replay="${shot.id}" title="${shot.action.name}: play it beside the action">${picture}<span class="caption">${icon("loop", 10)}${matchClock(shot.half, shot.start)}, ${(shot.end - shot.start).toFixed(1)} s</span></button>`;
  }
}

register("panel", "replays", { at: "list", reads: ["linkReach"], make: (workspace, root) => new Replays(workspace, root) });
