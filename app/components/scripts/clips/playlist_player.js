// The clips of a playlist one after another, over all its matches: slow where they are slow, standing where they stand.
//
// There are two videos: while one plays a clip, the other has the next one ready, so that no gap lies between them.

import { fill, fillChanged, html } from "../markup.js";
import { glyph, icon, applyTheme, loadTokens, themeOf } from "../workspace/theme.js";
import { drawn } from "./sketch.js";

const END = 0.02; // seconds before its end from which a clip has been shown: the last frame is on screen then
const INTO = 0.0005; // seconds into its first frame that a clip is sought, which rounding cannot lose
const NARROW = 820; // pixels

const sameClip = (one, other) => Boolean(one && other) && ["match", "half", "start", "end", "name"].every((key) => one[key] === other[key]);

export class PlaylistPlayer {
  constructor(root) {
    this.root = root;
    this.q = (selector) => root.querySelector(selector);
    this.videos = [...root.querySelectorAll("video")];
    this.clips = [];
    this.at = 0;
    this.playing = false;
    this.stood = new Set(); // times of frozen pictures that have stood
    for (const video of this.videos) {
      video.addEventListener("timeupdate", () => this.look(video, video.currentTime));
      video.addEventListener("ended", () => { if (video === this.front && this.playing) this.on(); });
      video.addEventListener("error", () => { if (video === this.front && video.getAttribute("src")) this.fail(); });
      video.addEventListener("loadeddata", () => { if (video === this.front) this.draw(); });
    }
    for (const name of ["previous", "next", "stop", "full"]) fill(this.q(`[data-act=${name}]`), icon(name));
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
    root.playlistPlayer = this; // for tests
  }

  get front() { return this.videos[0]; }
  get clip() { return this.clips[this.at] ?? null; }

  /** Take the clips; the one that is on stays on, wherever it has been put. */
  update({ clips }) {
    const present = this.clip, place = sameClip(clips[this.at], present) ? this.at : clips.findIndex((clip) => sameClip(clip, present));
    for (const video of this.videos) video.clip = clips.find((clip) => sameClip(clip, video.clip)) ?? null;
    this.theme = themeOf(this.root);
    applyTheme(this.root, this.theme);
    this.clips = clips;
    if (place >= 0) {
      this.at = place;
      if (!this.front.clip) this.show(place); // its video has been prepared meanwhile
    } else this.show(Math.min(this.at, Math.max(0, clips.length - 1)));
    this.draw();
    this.root.dataset.ready = "1";
  }

  // --- playing ---------------------------------------------------------------------------------------

  /** The next clip there is a video of, from a place on, forwards or backwards; -1 where there is none. */
  playable(from, step = 1) {
    for (let i = from; i >= 0 && i < this.clips.length; i += step) if (this.clips[i].video) return i;
    return -1;
  }

  /** Show the first frame of a clip, without playing. */
  show(index) {
    this.halt();
    this.at = index;
    this.stood.clear();
    if (!this.clip?.video) return;
    if (this.videos[1].clip === this.clip) this.videos.reverse();
    if (this.front.clip !== this.clip || this.front.currentTime !== this.front.begun) this.ready(this.front, this.clip);
    this.videos[1].pause();
    this.front.playbackRate = 1;
    for (const video of this.videos) video.classList.toggle("behind", video !== this.front);
  }

  /** Have a clip ready in a video. */
  ready(video, clip) {
    video.clip = clip;
    if (video.getAttribute("src") !== clip.video) video.src = clip.video;
    video.currentTime = clip.start + INTO;
    video.begun = video.currentTime;
  }

  play(index) {
    const place = this.playable(index);
    if (place < 0) { this.stop(); return; }
    this.show(place);
    this.begin();
  }

  begin() {
    this.playing = true;
    const front = this.front;
    front.play().catch(() => { if (front === this.front && front.paused && !this.standing) this.pause(); });
    this.follow(front);
    const next = this.playable(this.at + 1);
    if (next >= 0) this.ready(this.videos[1], this.clips[next]);
    this.draw();
  }

  toggle() {
    if (this.playing) this.pause();
    else if (!this.clip?.video || this.front.currentTime >= this.clip.end - END) this.play(this.at);
    else this.begin();
    this.draw();
  }

  pause() {
    this.halt();
    this.draw();
  }

  /** Stand still where it is. */
  halt() {
    clearTimeout(this.standing);
    this.standing = null;
    this.playing = false;
    this.front.pause();
  }

  /** Back to the first clip. */
  stop() {
    this.show(Math.max(0, this.playable(0)));
    this.draw();
  }

  /** The next or the previous clip; it plays on if it played. */
  step(by) {
    const place = this.playable(this.at + by, by), played = this.playing;
    if (place < 0) return;
    this.show(place);
    if (played) this.begin();
    else this.draw();
  }

  on() {
    const next = this.playable(this.at + 1);
    if (next < 0) this.stop();
    else this.play(next);
  }

  follow(video) {
    const present = (_now, { mediaTime }) => {
      this.look(video, mediaTime);
      if (this.playing && video === this.front) video.requestVideoFrameCallback(present);
    };
    video.requestVideoFrameCallback(present);
  }

  /** What is to be done at a moment of the clip. */
  look(video, seconds) {
    const { clip } = this;
    if (video !== this.front || !clip || video.clip !== clip) return;
    this.progress(seconds);
    if (!this.playing || this.standing || video.seeking) return;
    const freeze = clip.freezes.find(({ time }) => seconds >= time - END / 2 && !this.stood.has(time));
    if (freeze) this.stand(freeze);
    else if (seconds >= clip.end - END) this.on();
    else video.playbackRate = seconds >= clip.slow.from && seconds < clip.slow.to ? clip.slow.speed : 1;
  }

  /** Stand still for a while, with what is drawn on the picture. */
  stand(freeze) {
    this.stood.add(freeze.time);
    this.front.pause();
    this.sketch(freeze);
    this.standing = setTimeout(() => {
      this.standing = null;
      this.sketch(null);
      this.front.play();
      this.follow(this.front);
    }, 1000 * freeze.seconds);
  }

  fail() {
    this.halt();
    this.note("The browser cannot play this clip. Reload the page; if it stays so, its file has changed.");
    this.draw();
  }

  // --- showing ---------------------------------------------------------------------------------------

  draw() {
    const { clip } = this, part = (list) => list.filter(Boolean).join(", ");
    const rows = this.clips.map((one, index) => html`<li><button class="item" data-clip="${index}" ${index === this.at ? html`aria-current="true"` : ""} ${one.video ? "" : "disabled"} title="${one.video ? `Play from ${one.short} at ${one.clock}` : one.missing}">
      <span class="nth">${index + 1}</span>${glyph(one, this.theme, 18)}<span class="named"><b>${one.short}</b> <span>${one.clock}</span><small>${one.video ? part([one.title, one.length]) : one.missing}</small></span></button></li>`);
    const focused = this.root.getRootNode().activeElement?.dataset?.clip;
    const drawn = fillChanged(this.q(".queue"), rows);
    if (drawn && focused !== undefined) this.q(`[data-clip="${focused}"]`)?.focus({ preventScroll: true });
    const there = this.playable(0) >= 0, all = this.q("[data-act=toggle]");
    fill(all, [icon(this.playing ? "pause" : "play", 14), html`<span>${this.playing ? "Pause" : "Play all"}</span>`]);
    for (const button of this.root.querySelectorAll("[data-act]")) button.disabled = !there;
    this.q("[data-act=previous]").disabled = this.playable(this.at - 1, -1) < 0;
    this.q("[data-act=next]").disabled = this.playable(this.at + 1) < 0;
    fill(this.q("[data-act=sound]"), icon(this.front.muted ? "silent" : "sound"));
    this.q(".present").textContent = clip ? `${this.at + 1} of ${this.clips.length}: ${part([`${clip.short} ${clip.clock}`, clip.title])}` : "";
    this.q(".plate").textContent = clip?.caption ?? "";
    if (clip && !clip.video) this.note(clip.missing);
    else if (!this.front.error) this.note(null);
    this.sketch(this.standing ? clip.freezes.filter(({ time }) => this.stood.has(time)).at(-1) : null);
    this.progress(this.front.currentTime);
    const item = this.q("[aria-current]"), queue = this.q(".queue");
    if (item) queue.scrollTop = Math.max(0, Math.min(item.offsetTop - queue.offsetTop, queue.scrollTop + Math.max(0, item.offsetTop + item.offsetHeight - queue.offsetTop - queue.clientHeight - queue.scrollTop)));
  }

  progress(seconds) {
    const { clip } = this, share = clip ? (seconds - clip.start) / (clip.end - clip.start) : 0;
    this.q(".gone").style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
  }

  sketch(freeze) {
    const svg = this.q(".sketch"), { videoWidth, videoHeight } = this.front, box = this.q(".stage").getBoundingClientRect();
    svg.toggleAttribute("hidden", !freeze || !videoWidth);
    if (!freeze || !videoWidth) return;
    const scale = Math.min(box.width / videoWidth, box.height / videoHeight), [w, h] = [videoWidth * scale, videoHeight * scale];
    Object.assign(svg.style, { left: `${(box.width - w) / 2}px`, top: `${(box.height - h) / 2}px`, width: `${w}px`, height: `${h}px` });
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    fill(svg, freeze.strokes.map((stroke) => drawn(stroke, w, h)));
  }

  note(text) {
    const note = this.q(".stage-note");
    note.textContent = text ?? "";
    note.hidden = text === null;
  }

  resize() { this.root.classList.toggle("narrow", this.root.clientWidth < NARROW); }

  // --- acting ----------------------------------------------------------------------------------------

  click(event) {
    const { act, clip } = event.target.closest("button")?.dataset ?? {};
    if (clip !== undefined) this.play(Number(clip));
    else if (act) this.act(act);
    else if (event.target.closest(".stage")) this.toggle();
  }

  act(name) {
    ({
      toggle: () => this.toggle(), previous: () => this.step(-1), next: () => this.step(1), stop: () => this.stop(),
      sound: () => { const muted = !this.front.muted; for (const video of this.videos) video.muted = muted; this.draw(); },
      full: () => (document.fullscreenElement ? document.exitFullscreen() : this.q(".player").requestFullscreen?.()),
    })[name]();
  }

  key(event) {
    const name = { " ": "toggle", n: "next", p: "previous", s: "sound", f: "full", Escape: "stop" }[event.key];
    if (!name || (name === "stop" && document.fullscreenElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest("button")) return; // the button is pressed
    event.preventDefault();
    this.act(name);
  }

  destroy() {
    this.halt();
    this.observer.disconnect();
    for (const video of this.videos) { video.removeAttribute("src"); video.load(); }
    delete this.root.playlistPlayer;
  }
}

/** Called by the component at every run of the page. */
export async function mount({ data, parentElement }) {
  await loadTokens(data.scripts);
  const root = parentElement.querySelector(".playlist");
  const player = (root.playlistPlayer ??= new PlaylistPlayer(root));
  player.update(data);
  return player;
}
