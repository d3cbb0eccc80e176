// Review of spots.

import { html } from "../markup.js";
import { Review } from "./review.js";
import { shownParts } from "./time.js";

const TEAM_KEY = "T";
const TEAMS = ["home", "away", "unknown"];
const HINTS = [["A", "accept"], ["X", "reject"], ["M", "move"], ["C", "class"], [TEAM_KEY, "team"], ["E", "comment"], ["D", "add"], ["Q", "next open"], ["Ctrl Z", "undo"], ["V", "cameras"]];

export class SpotReview extends Review {
  of = "spot";
  noun = "spot";
  columns = { team: "unknown", confidence: null };

  get hints() { return shownParts().teams ? HINTS : HINTS.filter(([key]) => key !== TEAM_KEY); }
  get moreKeys() { return shownParts().teams ? { t: () => this.team() } : {}; }

  update(data) { super.update(data, data.reviews); }

  get classes() { return this.data.classes; }
  get all() { return this.workspace.all ?? []; }
  get items() { return this.workspace.spots ?? []; }
  get item() { return this.workspace.chosen?.other ? null : this.workspace.chosen; }
  pick(spot, rest) { this.workspace.pick(spot, true, rest); }

  placed(spot, r) {
    const own = spot ?? { id: r.id, confidence: r.confidence ?? 1, added: r.confidence === null, replayed: r.replayed };
    return { ...own, half: r.half, seconds: r.seconds, action: this.classes[r.label], review: r };
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
    return html`${line}${this.line(`Team: ${data.teams[team]}? ${confidence.toFixed(2)}, who was nearest the ball (${TEAM_KEY} sets it)`)}`;
  }

  inWords(review) { return super.inWords(review, review.team === "unknown" ? "" : `, ${this.data.teams[review.team]}`); }
}
