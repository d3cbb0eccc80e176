// Colours: the page tells dark from light, the tokens say the rest.

import { checkedColour, html } from "../markup.js";

let tokens = null;

/** Load the design tokens once. */
export async function loadTokens(scripts) {
  tokens ??= await (await fetch(`${scripts}/tokens.json`)).json();
  return tokens;
}

/** "dark" or "light", from the background of the page. */
export function themeOf(element) {
  const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#0D1013";
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

/** Put the theme's colours on an element as custom properties: --text, --text-secondary, … */
export function applyTheme(element, theme) {
  const kebab = (name) => name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase());
  for (const [name, value] of Object.entries(tokens.color[theme])) element.style.setProperty(`--${kebab(name)}`, value);
  for (const [name, value] of Object.entries(tokens.cards.fill)) element.style.setProperty(`--card-${name}`, value[theme]);
  element.dataset.theme = theme;
}

/** A theme colour by token name. */
export const colour = (theme, name) => tokens.color[theme][name];

/** Colour of a class's curve and marks. */
export const classColour = (action, theme) => checkedColour(theme === "dark" ? action.dark : action.light);

/** Groups of the classes that occur, in the design's order. */
export function groupsOf(classes) {
  const order = [...Object.keys(tokens.groups), ...classes.map((c) => c.group)];
  return [...new Set(order)]
    .map((name) => ({
      name,
      label: tokens.groups[name]?.label ?? name,
      classes: classes.filter((c) => c.group === name),
    }))
    .filter((group) => group.classes.length);
}

/** Lookup table of the heat scale: 256 RGBA entries. */
export function heatTable() {
  const stops = tokens.heat.stops.map((s) => [1, 3, 5].map((i) => parseInt(s.hex.slice(i, i + 2), 16)).concat(s.alpha * 255));
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const x = (i / 255) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(x)), f = x - k;
    for (let j = 0; j < 4; j++) table[4 * i + j] = stops[k][j] + (stops[k + 1][j] - stops[k][j]) * f;
  }
  return table;
}

/** The heat scale as a CSS gradient. */
export function heatGradient() {
  const parts = tokens.heat.stops.map((s) => `${s.hex}${Math.round(s.alpha * 255).toString(16).padStart(2, "0")} ${s.t * 100}%`);
  return `linear-gradient(90deg, ${parts.join(", ")})`;
}

/** SVG of a class's glyph, alone or on its tile. */
export function glyph(action, theme, size = 20, bare = false) {
  const shape = tokens.glyphs[action.glyph] ?? tokens.glyphs.other;
  const special = { flow: "glyphFlow", restarts: "glyphRestarts" }[action.group];
  const ink = special ? tokens.color[theme][special] : classColour(action, theme);
  const inner = bare ? size : Math.round(size * 0.7);
  let body;
  if (shape.layers) body = shape.layers.map((layer) => cardLayer(layer, theme));
  else {
    body = [html`<path d="${shape.stroke}" fill="none" stroke="${ink}" stroke-width="${shape.strokeWidth}" stroke-linecap="round" stroke-linejoin="round"/>`];
    if (shape.fill) body.push(html`<path d="${shape.fill}" fill="${ink}"/>`);
  }
  const svg = html`<svg width="${inner}" height="${inner}" viewBox="${shape.viewBox}" aria-hidden="true">${body}</svg>`;
  if (bare) return svg;
  const tint = classColour(action, theme) + (theme === "dark" ? "29" : "1c");
  return html`<span class="tile" style="width:${size}px;height:${size}px;background:${tint}">${svg}</span>`;
}

function cardLayer(layer, theme) {
  if (layer.shape === "path") {
    return html`<path d="${layer.d}" fill="none" stroke="${layer.stroke}" stroke-width="${layer.width}" stroke-linecap="round"/>`;
  }
  const fill = tokens.cards.fill[layer.fill][theme];
  return html`<rect x="${layer.x}" y="${layer.y}" width="${layer.w}" height="${layer.h}" rx="${layer.r}" fill="${fill}" stroke="color-mix(in srgb, ${fill} 62%, #000)" stroke-width=".8"/>`;
}

const ICONS = {
  play: "M5 3l8 5l-8 5Z", pause: "M5 3v10M11 3v10", left: "M10 4l-4 4l4 4", right: "M6 4l4 4l-4 4", down: "M4 6l4 4l4-4",
  previous: "M4 3v10M13 3v10L6 8Z", next: "M12 3v10M3 3v10l7-5Z", check: "M3 8.5l3.2 3.2L13 4.8",
  loop: "M3 7.5V6.5A2.5 2.5 0 0 1 5.5 4H13M11 1.8L13.2 4L11 6.2M13 8.5v1a2.5 2.5 0 0 1-2.5 2.5H3M5 14.2L2.8 12L5 9.8",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  link: "M6.8 9.2l2.4-2.4M7.5 4.5l1-1a2.8 2.8 0 0 1 4 4l-1 1M8.5 11.5l-1 1a2.8 2.8 0 0 1-4-4l1-1",
  share: "M8 10V2.5M5 5l3-3l3 3M2.5 10v3.5h11V10",
  sliders: "M2 5h6M12 5h2M2 11h2M8 11h6M10 3.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 0 0 0-3.6ZM6 9.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 0 0 0-3.6Z",
  warning: "M8 2.2L14.4 13.4H1.6ZM8 6.4v3.2M8 11.6h.01", info: "M8 2.2a5.8 5.8 0 1 1 0 11.6a5.8 5.8 0 0 1 0-11.6ZM8 7.3v3.8M8 4.9h.01",
  sound: "M2.5 6v4h2.6L9 13V3L5.1 6ZM11.5 5.8a3.2 3.2 0 0 1 0 4.4", silent: "M2.5 6v4h2.6L9 13V3L5.1 6ZM11.5 6.5l3 3M14.5 6.5l-3 3",
  close: "M4 4l8 8M12 4l-8 8", stop: "M4 4h8v8H4Z",
};
const FILLED = new Set(["play", "previous", "next"]);

/** SVG of an icon of the interface. */
export function icon(name, size = 16, width = 1.5) {
  const fill = FILLED.has(name) ? "currentColor" : "none";
  return html`<svg width="${size}" height="${size}" viewBox="0 0 16 16" fill="${fill}" stroke="currentColor" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}
