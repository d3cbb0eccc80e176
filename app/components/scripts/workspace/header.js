// The head of the workspace: the match, its halves, what is under way, and the buttons that lead elsewhere.

import { fill, html } from "../markup.js";
import { icon } from "./theme.js";
import { capital, partClock, partOrdinal, shownParts } from "./time.js";

const COPIED = 1500; // milliseconds for which it is told that the link was copied

export class Header {
  /** @param workspace whose head it is */
  constructor(root, workspace) {
    this.root = root;
    this.workspace = workspace;
    fill(root, template());
    this.q = (selector) => root.querySelector(selector);
    this.notice = Object.assign(document.createElement("p"), { className: "notice", hidden: true });
    fill(this.notice, html`${icon("info", 14)}<span></span>`);
    root.after(this.notice);
  }

  update(data) {
    const { match, model, notice, ready, job, halves } = data;
    const put = (selector, value) => (this.q(selector).textContent = value ?? "");
    put(".home", match.home ?? match.title);
    put(".away", match.away);
    put(".score", match.score?.replace("-", "–"));
    put(".occasion", [match.league, match.date].filter(Boolean).join(", "));
    put(".model-name", model);
    this.q(".kit-home").style.background = match.kits[0] ?? "transparent";
    this.q(".kit-away").style.background = match.kits[1] ?? "transparent";
    this.notice.hidden = !notice;
    this.notice.querySelector("span").textContent = notice ?? "";
    this.q(".job").hidden = !job;
    if (job) { put(".job span", job.text); this.q(".job i").style.width = `${100 * job.progress}%`; }
    this.layer = ready?.layer ?? null;
    this.q(".ready").hidden = !ready;
    put(".ready-name", ready && `${ready.name} is ready`);
    this.q(".halves").hidden = halves.length < 2;
    this.q(".halves").ariaLabel = capital(shownParts().name);
    this.halves = halves;
  }

  /** A moment is on screen. */
  moved(half, seconds) {
    const box = this.q(".halves"), key = `${half}/${Math.floor(seconds)}`;
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    fill(box, this.halves.map((h) => {
      const on = h.half === half, range = on ? partClock(half, seconds) : `${partClock(h.half, 0).replace(/^0/, "")}–${partClock(h.half, h.duration).replace(/^0/, "")}`;
      return html`<button data-head="half" data-half="${h.half}" class="${on ? "on" : ""}" aria-pressed="${String(on)}">${partOrdinal(h.half)} <span class="${on ? "strong" : "muted"}">${range}</span></button>`;
    }));
  }

  /** Show the layer that has come, or say no more of it. */
  answerReady(show) {
    this.q(".ready").hidden = true;
    this.workspace.tell("ready", { layer: this.layer, show });
  }

  async copyLink() {
    this.workspace.address();
    let done = true;
    try { await navigator.clipboard.writeText(location.href); } catch { done = false; }
    const button = this.q("[data-head=link]");
    button.classList.add("on");
    button.title = done ? "Copied" : "Copy it from the address bar";
    setTimeout(() => { button.classList.remove("on"); button.title = "Copy link to this moment"; }, COPIED);
  }
}

function template() {
  return html`
    <button class="ic" data-head="library" title="Back to the library" aria-label="Back to the library">${icon("left")}</button>
    <span class="teams" role="heading" aria-level="1"><i class="kit kit-home"></i><span class="home"></span><span class="score"></span><span class="away"></span><i class="kit kit-away"></i></span>
    <span class="caption occasion wide"></span><span class="spring"></span>
    <span class="job" role="group" aria-label="Under way" hidden><span></span><b class="bar"><i></i></b></span>
    <span class="ready" role="status" hidden><span class="ready-name"></span><button class="link" data-head="show-ready">Show</button><button class="ic" data-head="leave-ready" title="Not now" aria-label="Not now">${icon("close", 12)}</button></span>
    <span class="halves segments" role="group"></span><span class="spring"></span>
    <button class="button model" data-head="model" title="Which model's analysis is shown"><span class="muted">Model</span> <span class="model-name"></span>${icon("down", 12)}</button>
    <button class="button" data-head="spotting" title="How spots are made of scores" hidden>${icon("sliders", 14)}Spotting <span class="muted spotting-text wide"></span></button>
    <button class="button" data-head="export">${icon("share", 14)}Export</button>
    <button class="ic" data-head="link" title="Copy link to this moment" aria-label="Copy link to this moment">${icon("link")}</button>`;
}
