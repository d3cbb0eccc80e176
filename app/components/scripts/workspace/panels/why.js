// The why panel: what was measured about the chosen spot, and nothing that was not.

import { fill, html } from "../../markup.js";
import { Picked } from "../picked.js";
import { register } from "../registry.js";
import { classColour, colour, glyph, icon } from "../theme.js";
import { matchClock } from "../time.js";

const AROUND = 15; // seconds of confidence to either side
const bare = (value) => value.toFixed(2).replace(/^(-?)0/, "$1");
const signed = (value) => (value <= -0.005 ? `−${bare(-value)}` : value >= 0.005 ? `+${bare(value)}` : ".00");
/** A picture of a half, or its place where there is no video. */
const pictureOf = (half, query, kind = "") => (half.picture ? html`<img loading="lazy" alt="" src="${half.picture}?${query}" class="${kind}">` : html`<span class="no-picture"></span>`);

class Why {
  keys = { Escape: () => this.root.classList.remove("sheet") };

  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("why");
    this.line = Object.assign(document.createElement("section"), { className: "card why-line" }); // where there is no room for the panel
    workspace.q(".stage-row").after(this.line);
    this.chip = null; // number of the one whose exact words are shown
    this.picked = new Picked((spot) => workspace.tell("picked", this.request(spot)));
    root.addEventListener("click", (event) => {
      const frame = event.target.closest("[data-seconds]");
      if (frame) workspace.player.open(Number(frame.dataset.half), Number(frame.dataset.seconds));
      if (event.target.closest("[data-do=retry]")) workspace.tell("explain", this.request(this.spot));
      if (event.target.closest("[data-do=explain]")) workspace.command("explain");
      if (event.target.closest("[data-do=close]")) root.classList.remove("sheet");
      const chip = event.target.closest("[data-chip]")?.dataset.chip;
      if (chip !== undefined) { this.chip = this.chip === Number(chip) ? null : Number(chip); this.show(this.spot); }
    });
    this.line.addEventListener("click", (event) => { if (event.target.closest("[data-do=sheet]")) { root.classList.toggle("sheet"); this.chart(); } });
  }

  get arrays() { return this.workspace.arrays; }
  get theme() { return this.workspace.theme; }

  request(spot) { return spot && { id: spot.id, half: spot.half, seconds: spot.seconds, label: spot.action.name, nonce: performance.now() }; }

  update(data) {
    this.data = data;
    this.picked.answered(data.why?.spot);
  }

  respot() { this.show(this.workspace.chosen); }

  /** Another spot was chosen; the page is told `rest` milliseconds later, if it still is. */
  pick(spot, rest) {
    this.show(spot);
    if (spot.other) this.picked.forget(); else this.picked.pick(spot, rest);
  }

  resize() { if (this.spot) this.chart(); }

  destroy() { this.picked.forget(); }

  /** Why a spot cannot be explained, or null. */
  unexplained(spot) {
    if (spot.added) return `Added by ${spot.review.author}; only spots of an analysis can be explained.`;
    for (const part of this.workspace.having("reasonless")) {
      const message = part.reasonless(spot);
      if (message) return message;
    }
    return null;
  }

  /** Show what is known of a spot; `why` may still be of another one. */
  show(spot) {
    this.spot = spot;
    if (!spot) { this.empty(); return; }
    const none = this.unexplained(spot), known = this.data.why?.spot === spot.id ? this.data.why : { state: "waiting" };
    const why = none ? { state: "none", message: none } : known;
    const head = html`<div class="why-head">${glyph(spot.action, this.theme, 20)}<b role="heading" aria-level="2">Why this spot</b><span class="spring"></span>
      ${none ? "" : html`<button class="button ghost link" data-do="explain" title="All methods side by side, what if, text query">Explain ${icon("right", 12)}</button>`}
      <button class="ic close" data-do="close" title="Close" aria-label="Close">${icon("close")}</button></div>`;
    const body = why.state === "ready" ? this.ready(why) : this.pending(why, spot);
    fill(this.root, [head, html`<div class="why-body">${this.broadcast(spot)}${body}</div>`]);
    fill(this.line, html`${glyph(spot.action, this.theme, 22)}<span class="sentence">${this.sentence(why, spot)}</span><button class="button" data-do="sheet">Why ${icon("down", 12)}</button>`);
    this.chart();
  }

  empty() {
    fill(this.root, html`<div class="why-head"><b role="heading" aria-level="2">Why this spot</b></div><p class="empty">Choose a spot in the list or on the lanes to see what the model looked at.</p>`);
    fill(this.line, html`<span class="sentence muted">Choose a spot to see why it was spotted.</span>`);
  }

  sentence(why, spot) {
    if (why.state === "ready") return why.sentence.map((part) => (part.strong ? html`<b>${part.text}</b>` : part.text));
    return `${spot.action.short} at ${matchClock(spot.half, spot.seconds)}${spot.confidence === null ? "" : `, ${spot.confidence.toFixed(2)}`}.`;
  }

  /** What the score bug shows then, which no model reads. */
  broadcast(spot) {
    const { time, check, outside } = this.data.broadcast[spot.id] ?? {}, words = [outside && `No half is played here: ${outside}.`, time && `Clock of the broadcast ${time}.`, check].filter(Boolean);
    return words.length ? html`<p class="caption broadcast" title="Read off the score bug; no model reads it">${words.join(" ")}</p>` : "";
  }

  pending(why, spot) {
    // Of a code of somebody's own no model says anything.
    const chart = spot.action.index >= this.data.modelled ? "" : html`<div class="section"><b>Confidence <span class="muted">± ${AROUND} s</span></b><span class="legend"></span></div><canvas class="spark" role="img" aria-label="Confidence around the spot"></canvas>`;
    if (why.state === "none") return html`<p class="sentence">${this.sentence(why, spot)}</p><p class="caption">${why.message}</p>${chart}`;
    if (why.state === "failed") {
      return html`<p class="sentence">${this.sentence(why, spot)}</p><div class="failed">${icon("warning", 16)}<span>${why.message}</span></div>
        <button class="button" data-do="retry">Try again</button>${chart}`;
    }
    const bones = Array.from({ length: 4 }, () => html`<div class="bone"></div>`);
    const stage = why.message || "Waiting for its turn";
    const half = this.data.halves.find((h) => h.half === spot.half);
    return html`<p class="sentence">${this.sentence(why, spot)}</p><p class="caption working"><span class="pulse"></span>${stage}…</p>
      ${why.entities ? this.entities(why, half) : html`<div class="bones">${bones}</div>`}${chart}${why.frames ? this.frames(why, half) : ""}`;
  }

  ready(why) {
    const half = this.data.halves.find((h) => h.half === this.spot.half);
    const chips = why.chips.map((chip, i) => html`<button class="chip ${chip.kind}" data-chip="${i}" aria-expanded="${String(this.chip === i)}" title="${chip.hint}">${chip.text}</button>`);
    const exact = why.chips[this.chip] ? html`<p class="caption exact">${why.chips[this.chip].hint}</p>` : "";
    return html`<p class="sentence">${this.sentence(why, this.spot)}</p><div class="chips">${chips}</div>${exact}
      ${why.entities ? this.entities(why, half) : html`<p class="caption">${why.noEntities}</p>`}
      <div class="section"><b>Confidence <span class="muted">± ${AROUND} s</span></b><span class="legend"></span></div><canvas class="spark" role="img" aria-label="Confidence around the spot"></canvas>
      ${this.frames(why, half)}`;
  }

  entities(why, half) {
    if (!why.entities.length) return html`<p class="caption">No entity was found near this moment.</p>`;
    const kept = why.entities.filter((e) => e.kept).length, most = Math.max(0.01, ...why.entities.map((e) => e.weight));
    const rows = why.entities.slice(0, 4).map((e) => html`<button class="entity" data-half="${half.half}" data-seconds="${e.seconds}" title="Show the frame of this ${e.name}">
      ${pictureOf(half, `frame=${e.frame}&width=54&box=${e.box.join(",")}`)}<span class="name">${e.name}</span>
      <span class="bar"><i style="width:${(100 * e.weight) / most}%;background:${e.kept ? e.colour : "var(--border-strong)"}"></i></span>
      <span class="value">${bare(e.weight)}</span><span class="effect ${Math.abs(e.effect) >= 0.1 ? "strong" : ""}">${e.effect === null ? "…" : signed(e.effect)}</span></button>`);
    return html`<div class="section"><b>Entities kept <span class="muted">${kept} of ${why.entities.length} kinds</span></b><span class="caption">weight <span class="removed">if removed</span></span></div>${rows}`;
  }

  frames(why, half) {
    const most = Math.max(1e-6, ...why.frames.map((f) => f.value));
    const cells = why.frames.map((f) => html`<button data-half="${half.half}" data-seconds="${f.seconds}" title="${f.hint}">
      ${pictureOf(half, `frame=${f.frame}&width=120`, f.value === most ? "top" : "")}<span class="bar"><i style="width:${Math.max(0, (100 * f.value) / most)}%"></i></span>
      <span class="caption">${f.offset}</span></button>`);
    return html`<div class="section"><b>Frames that mattered most</b><span class="caption" title="${why.framesHint}">${why.framesMethod}</span></div><div class="frames">${cells}</div>`;
  }

  /** Confidence of the class and its strongest rival around the spot. */
  chart() {
    const canvas = this.root.querySelector(".spark"), scores = this.arrays.get(this.spot?.half)?.scores;
    if (!canvas || !scores) return;
    const ratio = devicePixelRatio, w = canvas.clientWidth, h = canvas.clientHeight, pen = canvas.getContext("2d");
    canvas.width = w * ratio;
    canvas.height = h * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const rate = this.data.rate, from = (this.spot.seconds - AROUND) * rate, to = (this.spot.seconds + AROUND) * rate;
    const rival = this.data.classes.filter((c) => c !== this.spot.action).map((c) => [scores.peak(c.index, from, to), c]).sort((a, b) => b[0] - a[0])[0];
    const X = (i) => ((i - from) / (to - from)) * w, Y = (v) => h - 2 - (v / 255) * (h - 6);
    const path = (index) => {
      const line = new Path2D();
      for (let i = Math.max(0, Math.floor(from)); i <= Math.min(scores.count - 1, Math.ceil(to)); i++) line.lineTo(X(i), Y(scores.value(index, i)));
      return line;
    };
    const level = this.data.thresholds[this.spot.action.name] ?? this.data.threshold;
    pen.strokeStyle = colour(this.theme, "textMuted");
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(0, Y(level * 255));
    pen.lineTo(w, Y(level * 255));
    pen.stroke();
    pen.setLineDash([]);
    const own = path(this.spot.action.index), area = new Path2D(own);
    area.lineTo(X(Math.min(scores.count - 1, Math.ceil(to))), h);
    area.lineTo(X(Math.max(0, Math.floor(from))), h);
    pen.globalAlpha = 0.2;
    pen.fillStyle = classColour(this.spot.action, this.theme);
    pen.fill(area);
    pen.globalAlpha = 1;
    pen.strokeStyle = classColour(this.spot.action, this.theme);
    pen.lineWidth = 1.8;
    pen.stroke(own);
    if (rival && rival[0] > 12) {
      pen.setLineDash([4, 2.5]);
      pen.lineWidth = 1.3;
      pen.strokeStyle = classColour(rival[1], this.theme);
      pen.stroke(path(rival[1].index));
      pen.setLineDash([]);
    }
    pen.fillStyle = colour(this.theme, "text");
    pen.fillRect(w / 2 - 0.5, 0, 1, h - 2);
    const key = (c, dash) => html`<svg width="14" height="8"><path d="M0 4h14" stroke="${classColour(c, this.theme)}" stroke-width="${dash ? 1.5 : 2}" ${dash ? html`stroke-dasharray="4 2.5"` : ""}/></svg>${c.short}`;
    fill(this.root.querySelector(".legend"), [key(this.spot.action, false), rival && rival[0] > 12 && key(rival[1], true)]);
  }
}

register("panel", "why", { at: "player", reads: ["why"], make: (workspace, root) => new Why(workspace, root) });
