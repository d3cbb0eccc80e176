// The panel of moments: the frames around the spot, a row of bars per method, the class's score, and words.

import { html } from "../markup.js";
import { classColour, heatGradient } from "../workspace/theme.js";
import { offset, sentence } from "./text.js";

export function moments(data, at, chosen, theme) {
  const rows = [...data.cards.map((card, index) => [card, index === chosen]), ...data.lines.map((line) => [line, false])];
  const some = data.window ? `${data.samples.length} of ${data.window} samples` : `${data.samples.length} samples`;
  return html`<div class="panel-head"><b>Through the window</b>
      <span class="caption">${some}, ${data.rate} a second. Bars: share of the row’s peak. Maps: each from 0 to its own peak, named below it</span>
      <i class="ramp" style="background:${heatGradient()}"></i></div>
    <div class="moments" style="grid-template-columns:124px repeat(${data.samples.length}, minmax(0, 1fr))">
      <span class="caption">Choose a frame</span>${data.samples.map((s, i) => thumb(data, s, i, at))}
      ${rows.map(([card, on]) => row(card, on, data.samples.length))}
      ${data.words?.state === "ready" ? lane(`“${data.words.text}”`, data.words.lane, data.words.range) : ""}
      <span class="label">${data.action.short} score</span>${scores(data, theme)}
      <span></span>${data.samples.map((s, i) => html`<span class="tick ${i === data.anchor ? "strong" : ""}">${i === data.anchor ? s.clock : offset(s.offset)}</span>`)}
    </div>`;
}

function thumb(data, sample, index, at) {
  const picture = data.picture ? html`<img alt="" loading="lazy" src="${data.picture}?frame=${sample.frame}&width=96">` : "";
  return html`<button class="thumb ${index === at ? "on" : ""}" data-at="${index}" aria-label="Frame at ${sample.clock}" aria-pressed="${String(index === at)}">${picture}</button>`;
}

function row(card, on, count) {
  const label = html`<span class="label ${on ? "on" : ""}" title="${card.title}">${card.title}</span>`;
  if (card.state !== "ready") return [label, html`<span class="unknown" style="grid-column:span ${count}">${card.state === "working" ? `${card.message}…` : sentence(card.message)}</span>`];
  if (card.still) return [label, html`<span class="unknown" style="grid-column:span ${count}">One map for all its frames: it says where, not when.</span>`];
  const cells = card.profile.map((value, i) =>
    card.computed[i] ? html`<span class="cell ${on ? "on" : ""} ${card.failing ? "failing" : ""}"><i style="height:${Math.max(4, 100 * value)}%"></i></span>` : html`<span class="cell unseen" title="Not looked at by this method"></span>`);
  return [label, cells];
}

function lane(name, values, hint) {
  const cells = values.map((value) => html`<span class="cell"><i style="height:${Math.max(4, 100 * value)}%"></i></span>`);
  return html`<span class="label" title="${hint}">${name}</span>${cells}`;
}

function scores(data, theme) {
  const n = data.samples.length, X = (i) => ((i + 0.5) / n) * 100, Y = (v) => 40 - 38 * v;
  const line = data.samples.map((s, i) => `${X(i)},${Y(s.score)}`).join(" "), ink = classColour(data.action, theme);
  return html`<svg class="curve" style="grid-column:span ${n}" viewBox="0 0 100 41" preserveAspectRatio="none" aria-hidden="true">
    <polygon points="${X(0)},40 ${line} ${X(n - 1)},40" fill="${ink}" opacity=".18"/><polyline points="${line}" fill="none" stroke="${ink}" stroke-width="1.8" vector-effect="non-scaling-stroke"/>
    <line x1="0" x2="100" y1="${Y(data.threshold)}" y2="${Y(data.threshold)}" stroke="var(--text-muted)" stroke-dasharray="1 3" vector-effect="non-scaling-stroke"/>
    <line x1="${X(data.anchor)}" x2="${X(data.anchor)}" y1="0" y2="41" stroke="var(--text)" stroke-dasharray="3 3" vector-effect="non-scaling-stroke"/></svg>`;
}
