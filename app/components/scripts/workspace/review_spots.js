// Review of spots.

import { html } from "../markup.js";
import { Review } from "./review.js";
import { rivals } from "./rivals.js";
import { shownParts } from "./time.js";

const TEAM_KEY = "T";
const TEAMS = ["home", "away", "unknown"];
const BUTTONS = [["A", "Accept"], ["X", "Reject"], ["M", "Move"], ["C", "Class"], [TEAM_KEY, "Team"], ["E", "Comment"]];
const LINKS = [["D", "add"], ["Q", "next open"], ["U", "accept many"], ["Ctrl Z", "undo"], ["V", "cameras"]];
const FILTERS = { classes: "of classes", parts: "of the part of the match", verdicts: "of what was reviewed", shots: "of replays and cameras" };

export class SpotReview extends Review {
  of = "spot";
  noun = "spot";
  nouns = "spots";
  links = LINKS;
  columns = { team: "unknown", confidence: null };

  get buttons() { return shownParts().teams ? BUTTONS : BUTTONS.filter(([key]) => key !== TEAM_KEY); }
  get moreKeys() { return shownParts().teams ? { t: () => this.team() } : {}; }

  update(data) { super.update(data, data.reviews); }

  get classes() { return this.data.classes; }
  get all() { return this.workspace.all ?? []; }
  get items() { return this.workspace.spots ?? []; }
  get scope() { return this.list.scope; }
  get item() { return this.workspace.chosen?.other ? null : this.workspace.chosen; }
  pick(spot, rest) { this.workspace.pick(spot, true, rest); }

  /** Of classes that exclude each other at a moment only the surest is accepted with many others. */
  surest(least) {
    const first = new Set(rivals(this.items.filter((spot) => !spot.other), this.data.exclusive).map(([spot]) => spot.id));
    return super.surest(least).filter((spot) => first.has(spot.id));
  }

  /** The frame on which a spot is looked at: its reviewer's, where he chose one, else that of the nearest sample. */
  frameOf(spot) { return this.workspace.frameOf(spot); }

  placed(spot, r) {
    const own = spot ?? { id: r.id, confidence: r.confidence, added: r.confidence === null, replayed: r.replayed };
    const first = spot?.action.index ?? r.was, was = first === undefined || first === null || first === r.label ? null : this.classes[first];
    return { ...own, half: r.half, seconds: r.seconds, action: this.classes[r.label], was, review: r };
  }

  /** What was added is chosen, and where filters hide it that is said. */
  added(id) {
    const spot = this.all.find((s) => s.id === id);
    this.workspace.pick(spot, false);
    const hiding = this.list.hiding(spot);
    if (!hiding.length) return;
    const text = `Added ${spot.action.short}; it is hidden by the filter${hiding.length > 1 ? "s" : ""} ${hiding.map((name) => FILTERS[name]).join(" and ")}`;
    this.workspace.toast.show(text, [["Show it", () => this.list.unhide(spot)], ["Undo", () => this.act("undo", {}, false)]]);
  }

  get teamNow() { return this.known.get(this.item?.id)?.team ?? "unknown"; }

  /** Whose the spot may be, [team, confidence], where nobody said it. */
  get suggestion() { return this.teamNow === "unknown" && shownParts().teams ? this.data.suggestedTeams[this.item?.id] : undefined; }

  /** The next team, first the one that is suggested. */
  team() {
    if (!this.item) return;
    const [first] = this.data.suggestedTeams[this.item.id] ?? TEAMS, order = [first, ...TEAMS.filter((team) => team !== first)];
    this.act("team", { team: order[(order.indexOf(this.teamNow) + 1) % order.length] }, false);
  }

  statusLine() {
    const { suggestion, data } = this, line = super.statusLine();
    if (!suggestion || this.moving) return line;
    const [team, confidence] = suggestion;
    return html`${line}${this.prompt(`Team: ${data.teams[team]}? ${confidence.toFixed(2)}, nearest the ball (${TEAM_KEY} sets it)`)}`;
  }

  inWords(review, verdict) { return super.inWords(review, verdict, review.team === "unknown" ? "" : `, ${this.data.teams[review.team]}`); }
}
