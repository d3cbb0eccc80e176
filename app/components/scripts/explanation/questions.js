// What the user can ask: what if a box, a span of time or an entity were gone; and where words are found.

import { html } from "../markup.js";
import { icon } from "../workspace/theme.js";
import { offset, share } from "./text.js";

const MODES = [["box", "Box"], ["time", "Time"], ["entity", "Entity"]];
const HINTS = {
  box: "Drag a box over what should be blurred.",
  time: "Drag over the frames that should be taken out.",
  entity: "Choose what should be taken out of the entities.",
};

export function whatIf(data, state) {
  const modes = MODES.filter(([name]) => name !== "entity" || data.entities?.names?.length)
    .map(([name, title]) => html`<button data-mode="${name}" class="${state.mode === name ? "on" : ""}" aria-pressed="${String(state.mode === name)}">${title}</button>`);
  const reset = data.edit || state.draft ? html`<button class="button ghost" data-do="reset">Reset</button>` : "";
  return html`<div class="panel-head"><b>What if</b><span class="segments">${modes}</span><span class="spring"></span>${reset}</div>
    ${state.mode === "box" ? boxEditor(data, state) : state.mode === "time" ? timeEditor(data, state) : entityEditor(data)}
    ${answer(data)}`;
}

function boxEditor(data, state) {
  const drawn = state.draft ?? (data.edit?.edit.kind === "box" ? data.edit.edit : null);
  const box = drawn ? html`<i class="drawn" style="left:${100 * drawn.x1}%;top:${100 * drawn.y1}%;width:${100 * (drawn.x2 - drawn.x1)}%;height:${100 * (drawn.y2 - drawn.y1)}%"></i>` : "";
  const picture = data.picture ? html`<img alt="" draggable="false" src="${data.picture}?frame=${data.samples[state.at].frame}&width=640">` : "";
  return html`<div class="editor" data-editor="box" style="aspect-ratio:${data.size[0]} / ${data.size[1]}" tabindex="0" role="img" aria-label="${HINTS.box}">${picture}${box}</div>`;
}

function timeEditor(data, state) {
  const span = state.span ?? (data.edit?.edit.kind === "time" ? indices(data, data.edit.edit) : null);
  const inside = (i) => span && i >= Math.min(...span) && i <= Math.max(...span);
  const cells = data.samples.map((s, i) => html`<span data-cell="${i}" class="${inside(i) ? "out" : ""}" title="${offset(s.offset)}">
    ${data.picture ? html`<img alt="" draggable="false" src="${data.picture}?frame=${s.frame}&width=96">` : ""}<small>${i === data.anchor ? "0" : offset(s.offset).replace(" s", "")}</small></span>`);
  return html`<div class="span-editor" data-editor="time" tabindex="0">${cells}</div>`;
}

const indices = (data, edit) => [data.samples.findIndex((s) => s.offset >= edit.start - 0.01), data.samples.findLastIndex((s) => s.offset <= edit.end + 0.01)];

function entityEditor(data) {
  const now = data.edit?.edit.kind === "entity" ? data.edit.edit.name : null;
  return html`<div class="names">${data.entities.names.map((name) => html`<button class="button ${name === now ? "on" : ""}" data-entity="${name}">${name}</button>`)}</div>`;
}

function answer(data) {
  const edit = data.edit;
  if (!edit) return html`<p class="empty"></p>`;
  if (edit.state === "working") return html`<p class="caption working"><i class="pulse"></i>${edit.message}…</p>`;
  if (edit.state === "failed") return html`<p class="failed">${icon("warning", 14)} ${edit.message}</p>`;
  const { kind, name } = edit.edit;
  const title = { box: "Score with the box blurred", time: "Score without these frames", entity: `Score without the ${name}` }[kind];
  const elsewhere = { box: "The same box elsewhere", time: "As many frames elsewhere", entity: "The other entities, one each" }[kind];
  const control = edit.controls ? `${elsewhere}, ${edit.controls[0]} tries: ${share(edit.controls[1])} ± ${share(edit.controls[2])}. ` : "There is no elsewhere to compare with. ";
  const held = edit.held ? ` Held fixed: ${edit.held}.` : " Everything that it touches was computed again.";
  return html`<div class="answer"><span><span class="caption">${title}</span><span class="change"><span class="muted">${share(edit.score)}</span> → <b>${share(edit.edited)}</b></span></span>${spark(edit)}</div>
    <p class="caption">${control}Computed in ${edit.seconds.toFixed(1)} s.${held}</p>`;
}

function spark({ before, after }) {
  if (before.length < 2) return html`<span></span>`; // a model that judges a window as a whole
  const points = (values) => values.map((v, i) => `${(100 * i) / (values.length - 1)},${38 - 36 * v}`).join(" ");
  return html`<svg class="spark" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true"><polyline points="${points(before)}" class="before"/><polyline points="${points(after)}" class="after"/></svg>`;
}

export function words(data, typed) {
  const query = data.words;
  let answer = html`<p class="caption">The vision-language model says where and when the pictures fit the words. It explains no score.</p>`;
  if (query?.state === "working") answer = html`<p class="caption working"><i class="pulse"></i>${query.message}…</p>`;
  if (query?.state === "failed") answer = html`<p class="failed">${icon("warning", 14)} ${query.message}</p>`;
  if (query?.state === "ready") {
    const n = query.curve.length - 1, line = query.curve.map((v, i) => `${(100 * i) / n},${38 - 36 * v}`).join(" ");
    answer = html`<svg class="curve words" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true"><polygon points="0,40 ${line} 100,40"/><polyline points="${line}"/>
      <line x1="${(100 * query.at) / n}" x2="${(100 * query.at) / n}" y1="0" y2="40"/></svg>
      <div class="ends caption"><span>${query.ends[0]}</span><span>“${query.text}”, ${query.range}</span><span>${query.ends[1]}</span></div>`;
  }
  return html`<div class="panel-head"><b>Text query</b><span class="caption">as one more lane and map</span></div>
    <form class="query"><input type="text" value="${typed}" placeholder="a yellow card held up" aria-label="Words to look for" maxlength="120"><button class="button" type="submit">Look for it</button></form>${answer}`;
}

/** Let the user draw: a box on the picture, a span on the frames. Calls done(edit) when the pointer is let go. */
export function drawing(root, explanation) {
  let start = null;
  const place = (event, element) => {
    const r = element.getBoundingClientRect();
    return [(event.clientX - r.left) / r.width, (event.clientY - r.top) / r.height].map((v) => Math.min(1, Math.max(0, v)));
  };
  root.addEventListener("pointerdown", (event) => {
    const editor = event.target.closest("[data-editor]");
    if (!editor) return;
    event.preventDefault();
    const kind = editor.dataset.editor;
    start = { kind, editor, from: kind === "box" ? place(event, editor) : cellOf(event) };
  });
  const cellOf = (event) => Number(event.target.closest?.("[data-cell]")?.dataset.cell ?? NaN);
  root.addEventListener("pointermove", (event) => {
    if (!start) return;
    if (start.kind === "box") {
      const editor = root.querySelector("[data-editor=box]"), to = place(event, editor), [a, b] = [start.from, to];
      explanation.draw({ draft: { kind: "box", x1: Math.min(a[0], b[0]), y1: Math.min(a[1], b[1]), x2: Math.max(a[0], b[0]), y2: Math.max(a[1], b[1]) } });
    } else {
      const now = cellOf(event);
      if (!Number.isNaN(now)) explanation.draw({ span: [start.from, now] });
    }
  });
  return (event) => {
    if (!start) return;
    const { kind, from } = start;
    start = null;
    if (kind === "box") explanation.boxDrawn();
    else explanation.spanDrawn(from);
  };
}
