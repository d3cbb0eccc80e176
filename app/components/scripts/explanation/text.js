// Text and numbers as the Explain view writes them.

import { html } from "../markup.js";

/** A message as a sentence, whether it came as one or not. */
export const sentence = (value) => `${String(value).replace(/\.$/, "")}.`;

/** .93, 1.00 */
export const share = (value) => value.toFixed(2).replace(/^(-?)0\./, "$1.");

/** −.72, +.01, .00 */
export const signed = (value) => (Math.abs(value) < 0.005 ? ".00" : (value > 0 ? "+" : "−") + share(Math.abs(value)));

/** +0.5 s, −2.0 s */
export const offset = (seconds) => `${seconds < 0 ? "−" : "+"}${Math.abs(seconds).toFixed(1)} s`;

/** What was measured of a method, in a word; in full where it is pointed at. A sign warns; none praises, for the word is of the mean of many spots and not of this map. */
export const chip = (badge) => html`<span class="chip ${badge.state}" title="${badge.hint}">${badge.state === "bad" ? "⚠ " : ""}${badge.text}</span>`;
