// Which spots are listed by the shot that they lie in: those in replays or not, those of some cameras. What lies in a
// replay is no action of its own, so it is not counted, nor is what lies where no half is played by the clock of the
// broadcast; what is seen only there is, once a reviewer holds it to be true.

import { fill, html } from "../markup.js";

const ADDRESS = "replays", CAMERAS = "cameras", ALL = "all", LIVE = "live", ONLY = "only", REPLAY = "replay";

export class ShotFilter {
  markup = html`<div class="selects" hidden><select class="field replays" aria-label="Spots in replays"></select><select class="field shots" aria-label="Cameras"></select></div>`;
  group = ""; // of cameras, or all
  replays = ALL;

  /** @param stands(spot) whether a reviewer holds a spot to be true; outside(spot) whether no half is played there; changed() another choice was made */
  constructor(workspace, stands, outside, changed) {
    this.workspace = workspace;
    this.stands = stands;
    this.outside = outside;
    this.changed = changed;
  }

  readAddress(query) {
    const wanted = query.get(ADDRESS);
    this.replays = [LIVE, ONLY].includes(wanted) ? wanted : ALL;
    this.group = query.get(CAMERAS) ?? "";
  }

  /** The filters have their place. */
  placed(root) {
    this.root = root.querySelector(".selects");
    this.root.addEventListener("change", (event) => {
      if (event.target.classList.contains("replays")) this.replays = event.target.value;
      else this.group = event.target.value;
      event.target.blur(); // keys are the workspace's again
      this.changed();
    });
  }

  /** Let every spot through. */
  open() { this.replays = ALL; this.group = ""; }

  /** What the address has of it: [[name, value or null]]. */
  get inAddress() { return [[ADDRESS, this.replays === ALL ? null : this.replays], [CAMERAS, this.group || null]]; }

  /** Whether a spot counts as an action. */
  counts(spot) { return (!spot.replayed && !this.outside(spot)) || (spot.replayed !== REPLAY && this.stands(spot)); }

  passes(spot) {
    if (this.replays === LIVE && !this.counts(spot)) return false;
    if (this.replays === ONLY && spot.replayed !== ONLY) return false;
    return !this.group || this.groupOf(spot) === this.group;
  }

  /** Group of the camera that is on at a spot. */
  groupOf(spot) { return this.workspace.part("cameras").review.shotAt(spot.half, spot.seconds)?.action.group ?? ""; }

  /** Say how many there are of each; nothing where neither a camera nor a break is known. */
  draw(spots) {
    const cameras = this.workspace.part("cameras").review.all.length > 0, outside = spots.some((s) => this.outside(s));
    this.root.hidden = !cameras && !outside;
    if (this.root.hidden) return;
    const live = spots.filter((s) => this.counts(s)).length, only = spots.filter((s) => s.replayed === ONLY).length;
    const key = [this.replays, this.group, spots.length, live, only, cameras, outside].join();
    if (key === this.key) return; // one of them may be open
    this.key = key;
    const option = (value, text, chosen) => html`<option value="${value}" ${value === chosen ? "selected" : ""}>${text}</option>`;
    const all = cameras ? (outside ? `All ${spots.length}` : `With replays ${spots.length}`) : `With breaks ${spots.length}`;
    const choices = [[ALL, all], [LIVE, `${outside ? "In play" : "Live"} ${live}`], ...(cameras ? [[ONLY, `Replay only ${only}`]] : [])];
    fill(this.root.querySelector(".replays"), choices.map(([value, text]) => option(value, text, this.replays)));
    this.root.querySelector(".shots").hidden = !cameras;
    fill(this.root.querySelector(".shots"), [["", "All cameras"], ...Object.entries(this.workspace.part("cameras").review.groups)].map(([value, text]) => option(value, text, this.group)));
  }
}
