// The cards: one map each, all on the same frame.

import { html } from "../markup.js";
import { heatTable, icon } from "../workspace/theme.js";
import { chip, offset, sentence } from "./text.js";

const heat = () => (heat.table ??= heatTable());
const bytes = (packed) => Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));

/** Markup of all cards at a sample. */
export function cards(data, at, chosen) {
  const frame = data.samples[at].frame, alike = sameForAll(data.cards);
  const unfit = data.unfit.length ? html`<p class="caption wide-note">Not for this model: ${data.unfit.map(([title, reason]) => `${title} (${reason})`).join(", ")}.</p>` : "";
  const common = alike ? html`<p class="caption wide-note">Of all of them: ${chip(alike)} ${alike.meaning}</p>` : "";
  const apart = data.disagreement ? html`<p class="caption wide-note" role="note">${icon("warning", 12)} ${data.disagreement}</p>` : "";
  const maps = data.cards.map((card, index) => {
    const picture = data.picture ? html`<img alt="" src="${data.picture}?frame=${frame}&width=480">` : "";
    const missing = card.state !== "ready" ? note(card) : card.computed[at] ? "" : html`<span class="over">${beyond(data, card)}</span>`;
    const flag = card.failing && card.state === "ready" ? html`<span class="flag">${icon("warning", 12)} No better than chance</span>` : "";
    const title = card.state === "ready" ? `Computed in ${card.seconds} s. Held fixed: ${card.held || "nothing"}. Score of this window ${card.score.toFixed(2)}.` : "";
    return html`<button class="map ${index === chosen ? "on" : ""} ${card.failing ? "failing" : ""}" data-card="${index}" title="${title}" aria-pressed="${String(index === chosen)}">
      <span class="pic" style="aspect-ratio:${data.size[0]} / ${data.size[1]}">${picture}<canvas aria-hidden="true"></canvas>${flag}${missing}</span>
      <span class="line"><b>${card.title}</b>${alike ? "" : chip(card.chip)}</span>
      <span class="line caption"><span class="cut">${card.note}</span></span>
      ${card.chip.numbers ? html`<span class="line caption"><span class="cut" title="${card.chip.hint}">${card.chip.numbers}</span></span>` : ""}
      <span class="line caption"><span class="cut">${card.scale ? `scale ${card.scale}` : ""}</span></span></button>`;
  });
  return [common, apart, maps, unfit];
}

/** What is said of every card's method, where that is the same; else null. */
function sameForAll(all) {
  const [first] = all;
  return all.length > 1 && all.every((card) => card.chip.meaning === first.chip.meaning) ? first.chip : null;
}

function note(card) {
  if (card.state === "working") return html`<span class="over"><i class="pulse"></i>${card.message}…</span>`;
  if (card.state === "none") return html`<span class="over">${sentence(card.message)}</span>`;
  return html`<span class="over bad">${icon("warning", 14)} ${card.message} <span class="link" data-do="retry">Try again</span></span>`;
}

/** Why a frame has no map: how far from the spot the method looks. */
function beyond(data, card) {
  const offsets = data.samples.filter((_, i) => card.computed[i]).map((s) => s.offset);
  if (!offsets.length) return "This method looked at none of these frames.";
  return `This method looks at the frames from ${offset(Math.min(...offsets))} to ${offset(Math.max(...offsets))}.`;
}

/** Draw the maps of the cards at a sample. */
export function drawMaps(root, data, at) {
  root.querySelectorAll(".map").forEach((element, index) => {
    const card = data.cards[index], canvas = element.querySelector("canvas"), pen = canvas.getContext("2d");
    canvas.width = canvas.clientWidth * devicePixelRatio;
    canvas.height = canvas.clientHeight * devicePixelRatio;
    if (card.state !== "ready" || !card.computed[at]) return;
    if (card.map) drawGrid(pen, canvas, card, at);
    else drawBoxes(pen, canvas, card.boxes[at]);
  });
}

function drawGrid(pen, canvas, card, at) {
  const [rows, columns] = card.grid, count = rows * columns, table = heat();
  card.values ??= bytes(card.map);
  const image = new ImageData(columns, rows);
  for (let i = 0; i < count; i++) {
    const value = card.values[at * count + i];
    image.data.set(table.subarray(4 * value, 4 * value + 4), 4 * i);
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d").putImageData(image, 0, 0);
  pen.globalAlpha = 0.8;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** Entities fill their own boxes: nothing is spread beyond them. */
function drawBoxes(pen, canvas, boxes) {
  const table = heat();
  for (const [x1, y1, x2, y2, value] of [...boxes].sort((a, b) => a[4] - b[4])) {
    const [r, g, b, a] = table.subarray(4 * Math.round(value * 255), 4 * Math.round(value * 255) + 4);
    const box = [x1 * canvas.width, y1 * canvas.height, (x2 - x1) * canvas.width, (y2 - y1) * canvas.height];
    pen.fillStyle = `rgba(${r},${g},${b},${(0.8 * a) / 255})`;
    pen.fillRect(...box);
    pen.strokeStyle = `rgba(255,255,255,${0.25 + 0.6 * value})`;
    pen.lineWidth = devicePixelRatio;
    pen.strokeRect(...box);
  }
}
