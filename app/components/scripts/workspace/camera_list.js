// Camera changes as the rail's list: when, which camera, how it changes, and what a replay shows.

import { html, reviewSign } from "./review.js";
import { tone } from "./review_cameras.js";
import { icon } from "./theme.js";
import { matchClock } from "./time.js";

/** The rows of a list of changes. */
export function cameraRows(changes, chosen, theme) {
  if (!changes.length) return `<p class="empty">No camera changes are known here. <kbd>D</kbd> adds one at the frame on screen.</p>`;
  const rows = [];
  let half = 0;
  for (const change of changes) {
    if (change.half !== half) {
      half = change.half;
      rows.push(`<div class="half"><span>${half === 1 ? "1st half" : "2nd half"}</span><span>${changes.filter((c) => c.half === half).length}</span></div>`);
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
