// The list of camera changes: when, which camera, how it changes, and what a replay shows.

import { register } from "../registry.js";
import { html, reviewSign } from "../review.js";
import { CameraReview, tone } from "../review_cameras.js";
import { icon } from "../theme.js";
import { matchClock, partOrdinal } from "../time.js";

class Cameras {
  label = "Cameras";

  constructor(workspace) {
    this.workspace = workspace;
    const { root, outbox } = workspace.part("review");
    this.review = new CameraReview(workspace, root, outbox);
  }

  update(data) { this.review.update(data); }

  get count() { return this.review.items.length; }
  get rows() { return cameraRows(this.review.items, this.review.item, this.workspace.theme); }

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
function cameraRows(changes, chosen, theme) {
  if (!changes.length) return `<p class="empty">No camera changes are known here. <kbd>D</kbd> adds one at the frame on screen.</p>`;
  const rows = [];
  let half = 0;
  for (const change of changes) {
    if (change.half !== half) {
      half = change.half;
      rows.push(`<div class="half"><span>${partOrdinal(half)}</span><span>${changes.filter((c) => c.half === half).length}</span></div>`);
    }
    rows.push(`<button class="spot camera ${change.id === chosen?.id ? "chosen" : ""} ${change.review?.state ?? ""}" data-camera="${html(change.id)}">
      <i class="tone" style="background:${tone(change.action, theme)}"></i><span class="time">${matchClock(change.half, change.seconds)}</span>
      <span class="name" title="${html(change.action.name)}">${html(change.action.short)}</span><span class="kind">${html(change.change_type ?? "–")}</span>${replayMark(change)}${reviewSign(change.review)}</button>`);
  }
  return rows.join("");
}

function replayMark({ replay, link }) {
  if (!replay) return `<span class="replay"></span>`;
  const shown = link ? matchClock(link.half, link.seconds) : "?";
  return `<span class="replay ${link ? "" : "unlinked"}" title="${link ? `Replay of ${html(link.label)} at ${shown}` : "Replay; nobody has said of what"}">${icon("loop", 12)}${shown}</span>`;
}

register("list", "cameras", { reads: ["cameras"], make: (workspace) => new Cameras(workspace) });
