// The list of camera changes: when, which camera, how it changes, and what a replay shows.

import { html } from "../../markup.js";
import { short } from "../confidence.js";
import { press } from "../hints.js";
import { register } from "../registry.js";
import { reviewSign } from "../review.js";
import { CameraReview, tone } from "../review_cameras.js";
import { icon } from "../theme.js";
import { matchClock, partOrdinal } from "../time.js";

class Cameras {
  label = "Cameras";
  get filters() { return html`${this.review.verdicts.markup}<div class="segments doubtful" role="group" aria-label="Order" hidden><button data-doubtful="">By time</button><button data-doubtful="1" title="What the model is least sure of comes first, and Q goes through it in that order">Doubtful first</button></div>`; }

  constructor(workspace) {
    this.workspace = workspace;
    const { root, outbox } = workspace.part("review");
    this.review = new CameraReview(workspace, root, outbox);
  }

  /** The filters have their place. */
  placed(root) {
    this.segments = root.querySelector(".doubtful");
    this.segments.addEventListener("click", (event) => this.chooseOrder(event.target.closest("button")));
    this.review.verdicts.placed(root);
  }

  get inAddress() { return [["sort", this.review.doubtfulFirst ? "doubtful" : null], ...this.review.verdicts.inAddress]; }
  readAddress(query) {
    this.review.doubtfulFirst = query.get("sort") === "doubtful";
    this.review.verdicts.readAddress(query);
  }

  update(data) {
    this.review.update(data);
    this.segments.hidden = !this.review.doubted;
    if (!this.review.doubted) this.review.doubtfulFirst = false;
    this.markOrder();
  }

  chooseOrder(button) {
    if (!button) return;
    this.review.doubtfulFirst = Boolean(button.dataset.doubtful);
    this.markOrder();
    this.workspace.relist();
  }

  markOrder() {
    for (const button of this.segments.children) {
      const on = Boolean(button.dataset.doubtful) === this.review.doubtfulFirst;
      button.classList.toggle("on", on);
      button.ariaPressed = on;
    }
  }

  /** Where they come from: labels, or the name of a model, for which there is little room. */
  get order() { return this.review.source === "labels" ? "from labels" : this.review.source; }
  get orderTitle() { return this.review.source === "labels" ? "From the labels beside the match" : this.order && `From ${this.review.source}`; }

  get count() { return this.review.items.length; }
  get rows() {
    this.review.verdicts.draw(this.review.scope);
    return cameraRows(this.review.items, this.review, this.workspace.theme);
  }

  click(event) {
    const id = event.target.closest("[data-camera]")?.dataset.camera;
    if (id !== undefined) this.review.pick(this.review.all.find((c) => c.id === id));
  }

  /** The next or previous change; where a replay is being linked, spots are gone through instead. */
  step(by) {
    if (this.review.linking) return false;
    this.review.step(by);
    return true;
  }
}

/** The rows of a list of changes. */
function cameraRows(changes, { all, item: chosen, doubted, doubtfulFirst }, theme) {
  if (!changes.length && all.length) return html`<p class="empty">No camera changes with these filters.</p>`;
  if (!changes.length) return html`<p class="empty">No camera changes are known here. ${press("D")} adds one at the frame on screen.</p>`;
  const rows = [];
  let half = 0;
  for (const change of changes) {
    if (change.half !== half && !doubtfulFirst) {
      half = change.half;
      rows.push(html`<div class="half"><span>${partOrdinal(half)}</span><span>${changes.filter((c) => c.half === half).length}</span></div>`);
    }
    rows.push(html`<button class="spot camera ${doubted ? "doubted" : ""} ${change.id === chosen?.id ? "chosen" : ""} ${change.review?.state ?? ""}" data-camera="${change.id}" aria-current="${String(change.id === chosen?.id)}">
      <i class="tone" style="background:${tone(change.action, theme)}"></i><span class="time">${matchClock(change.half, change.seconds)}</span>
      <span class="name" title="${change.action.name}${change.was ? `, was ${change.was.name}` : ""}">${change.action.short}</span><span class="kind">${change.change_type ?? "–"}</span>${doubted ? confidenceOf(change) : ""}${replayMark(change)}${reviewSign(change)}</button>`);
  }
  return rows;
}

/** How sure the model is; of what a reviewer has judged it says nothing any more. */
function confidenceOf({ confidence, review }) {
  return typeof confidence === "number" && (review?.state ?? "open") === "open" ? html`<span class="value" title="How sure the model is of this camera">${short(confidence)}</span>` : html`<span class="value"></span>`;
}

function replayMark({ replay, link, unfit }) {
  if (!replay) return html`<span class="replay"></span>`;
  const shown = link ? matchClock(link.half, link.seconds) : "?";
  return html`<span class="replay ${link ? "" : "unlinked"}" title="${link ? `Replay of ${link.label} at ${shown}` : unfit ? "Replay; no action fits it" : "Replay; nobody has said of what"}">${icon("loop", 12)}${shown}</span>`;
}

register("list", "cameras", { reads: ["cameras"], make: (workspace) => new Cameras(workspace) });
