// A small second video in the corner of the stage, which plays one shot and stops at its end.

import { fill, html } from "../markup.js";
import { icon } from "./theme.js";

export class InsetVideo {
  shot = null; // {start, end, …} seconds of its half, of what is played

  /** @param stage element that it lies over; failed(shot) it cannot be played here */
  constructor(stage, failed) {
    this.failed = failed;
    this.root = stage.appendChild(Object.assign(document.createElement("div"), { className: "inset", hidden: true }));
    fill(this.root, html`<video playsinline muted preload="auto"></video><div class="inset-bar"><span></span><button class="ic" data-inset="close" title="Close" aria-label="Close the replay">${icon("close", 13)}</button></div>`);
    this.video = this.root.querySelector("video");
    this.video.muted = true;
    this.video.addEventListener("timeupdate", () => { if (this.shot && this.video.currentTime >= this.shot.end) this.video.pause(); });
    this.video.addEventListener("error", () => this.fail());
    this.root.addEventListener("click", (event) => {
      event.stopPropagation();
      if (event.target.closest("[data-inset=close]")) this.close(); else this.toggle();
    });
  }

  /** Play a shot from a moment of the video on. */
  open(source, shot, from, title) {
    this.shot = shot;
    this.from = from;
    this.root.hidden = false;
    this.root.querySelector("span").textContent = title;
    if (this.source !== source) { this.source = source; this.video.src = source; }
    this.start();
  }

  start() {
    this.video.currentTime = this.from;
    this.video.play().catch(() => {}); // closed before it began
  }

  /** Pause, go on, or begin again at the end. */
  toggle() {
    if (!this.video.paused) this.video.pause();
    else if (this.video.currentTime >= this.shot.end - 0.05) this.start();
    else this.video.play().catch(() => {});
  }

  fail() {
    if (!this.source) return;
    const { shot } = this;
    this.close();
    if (shot) this.failed(shot);
  }

  close() {
    this.shot = null;
    this.source = null;
    this.root.hidden = true;
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
