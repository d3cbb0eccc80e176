// The entities of the chosen frame: which were kept, how they weighed, and the score without all of their name.

import { html } from "../markup.js";
import { sentence, share, signed } from "./text.js";

export function entities(data, at) {
  const known = data.entities;
  if (!known) return html`<div class="panel-head"><b>Entities</b></div><div class="bones">${Array(4).fill(html`<div class="bone"></div>`)}</div>`;
  if (known.message) return html`<div class="panel-head"><b>Entities</b></div><p class="empty">${sentence(known.message)}</p>`;
  const { rows, total, kept } = known.samples[at];
  const chips = known.chips.map((c) => html`<span class="chip ${c.kind}" title="${c.hint}">${c.text}</span>`);
  const body = rows.length ? html`<table><thead><tr><th colspan="2">Entity</th><th>Kept</th><th class="r">Weight</th>
      <th title="Score of this window when all entities of the name near the spot are taken out">All removed: score</th><th class="r">Change</th></tr></thead>
      <tbody>${rows.map((row) => line(row, known.score, data, at))}</tbody></table>` : html`<p class="empty">No entity was found in this frame.</p>`;
  return html`<div class="panel-head"><b>Entities</b> <span class="caption">${kept} kept of ${total} found in this frame</span></div>${body}<div class="chips">${chips}</div>`;
}

function line(row, score, data, at) {
  const frame = data.samples[at].frame;
  const crop = data.picture ? html`<img alt="" loading="lazy" src="${data.picture}?frame=${frame}&width=48&box=${row.box.join(",")}">` : "";
  const known = row.effect !== null, without = known ? Math.max(0, score + row.effect) : score;
  const strong = known && Math.abs(row.effect) >= 0.1;
  return html`<tr class="${row.kept ? "" : "dropped"}"><td class="crop">${crop}</td><td class="name">${row.name}</td><td>${row.kept ? html`<span class="kept">✓</span>` : "no"}</td>
    <td class="r">${share(row.weight)}</td>
    <td><span class="removed"><span class="track"><i class="${strong ? "strong" : ""}" style="width:${100 * without}%"></i><u style="left:${100 * score}%"></u></span><span>${known ? share(without) : "–"}</span></span></td>
    <td class="r ${strong ? "strong" : "muted"}">${known ? signed(row.effect) : "–"}</td></tr>`;
}
