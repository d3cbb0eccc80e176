// Hints of keys: each can be pressed on screen as well, with a mouse or a finger.

import { html } from "../markup.js";

const NAMED = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", "−": "-", Esc: "Escape" };
const WITH = { "⇧": "shiftKey", "Ctrl ": "ctrlKey" };

/** A key as hints write it (`A`, `⇧←`, `Ctrl Z`), as the event of its press. */
export function pressOf(name) {
  const modifier = Object.keys(WITH).find((sign) => name.startsWith(sign) && name.length > sign.length);
  const bare = modifier ? name.slice(modifier.length) : name, key = NAMED[bare] ?? (bare.length === 1 ? bare.toLowerCase() : bare);
  return { key, [WITH[modifier] ?? "plain"]: true, preventDefault() {}, composedPath: () => [] };
}

/** A key that can be pressed on screen, with what it does where that is told beside it. */
export function press(name, what = "", kind = "press") {
  const words = name.startsWith("Ctrl ") ? name.split(" ") : [name];
  return html`<button class="${kind}" data-press="${name}">${words.map((word) => html`<kbd>${word}</kbd>`)}${what}</button>`;
}

/** A row of a list of keys: one or more of them, and what they do; a range (`1 – 5`) is only told. */
export function hint([keys, what]) {
  if (keys.includes("–")) return html`<span>${keys.split(" ").map((word) => html`<kbd>${word}</kbd>`)}${what}</span>`;
  const names = keys.startsWith("Ctrl ") ? [keys] : keys.split(" ");
  if (names.length === 1) return press(names[0], what);
  return html`<span>${names.map((name) => press(name))}${what}</span>`;
}
