// The Explain view: cards with maps, moments, entities and questions about one spot.

import { fill, html } from "../markup.js";
import { applyTheme, loadTokens, themeOf } from "../workspace/theme.js";
import { cards, drawMaps } from "./cards.js";
import { entities } from "./entities.js";
import { moments } from "./moments.js";
import { drawing, whatIf, words } from "./questions.js";

const LEAST_BOX = 0.03; // of the picture: a smaller one was a click
const TEMPLATE = html`
  <div class="left"><section class="grid" aria-label="Maps"></section><section class="card window"></section></div>
  <div class="right"><section class="card status" hidden></section><section class="card entities"></section><section class="card"><div class="what-if"></div><div class="words-panel"></div></section></div>`;

class Explanation {
  constructor(root) {
    this.root = root;
    this.abort = new AbortController();
    this.state = { at: 0, card: 0, mode: "box", draft: null, span: null };
    fill(root, TEMPLATE);
    const { signal } = this.abort;
    root.addEventListener("click", (event) => this.click(event), { signal });
    root.addEventListener("keydown", (event) => this.key(event), { signal });
    root.addEventListener("submit", (event) => this.submit(event), { signal });
    addEventListener("pointerup", drawing(root, this), { signal });
    this.observer = new ResizeObserver(() => this.data && drawMaps(this.root, this.data, this.state.at));
    this.observer.observe(this.part("grid"));
    root.explanation = this; // for tests
  }

  part(name) { return this.root.querySelector(`.${name}`); }

  update(data) {
    const other = this.data?.key.split("/").slice(0, 2).join("/") !== data.key.split("/").slice(0, 2).join("/");
    this.data = data;
    this.theme = themeOf(this.root);
    applyTheme(this.root, this.theme);
    if (other) Object.assign(this.state, { at: data.anchor, card: 0, draft: null, span: null, mode: data.edit?.edit.kind ?? this.state.mode });
    this.state.at = Math.min(this.state.at, data.samples.length - 1);
    if (this.state.mode === "entity" && !data.entities?.names?.length) this.state.mode = "box";
    this.all();
    this.status();
    this.root.dataset.ready = data.cards.every((card) => card.state !== "working") ? "all" : "some";
  }

  all() {
    const { data, state } = this;
    fill(this.part("grid"), cards(data, state.at, state.card));
    drawMaps(this.root, data, state.at);
    fill(this.part("window"), moments(data, state.at, state.card, this.theme));
    fill(this.part("entities"), entities(data, state.at));
    fill(this.part("what-if"), whatIf(data, state));
    const input = this.root.querySelector(".query input"), writing = input && this.root.getRootNode().activeElement === input;
    if (!writing) fill(this.part("words-panel"), words(data, input?.value || data.words?.text || ""));
  }

  /** How far the explanations are, and a way to stop them. */
  status() {
    const box = this.part("status"), { progress } = this.data;
    box.hidden = !progress;
    if (progress) fill(box, html`<span class="cut"><i class="pulse"></i>${progress.text}</span><span class="bar"><i style="width:${100 * progress.share}%"></i></span><button class="button" data-do="cancel" ${progress.cancelling ? "disabled" : ""}>Cancel</button>`);
  }

  draw(changes) {
    Object.assign(this.state, changes);
    fill(this.part("what-if"), whatIf(this.data, this.state));
  }

  ask(event) { this.tell("asked", event); }

  boxDrawn() {
    const box = this.state.draft;
    if (!box) return;
    if (box.x2 - box.x1 < LEAST_BOX || box.y2 - box.y1 < LEAST_BOX) return this.draw({ draft: null });
    const rounded = Object.fromEntries(Object.entries(box).map(([k, v]) => [k, typeof v === "number" ? Math.round(v * 1e4) / 1e4 : v]));
    this.ask({ what: "edit", edit: rounded });
  }

  spanDrawn(from) {
    const span = this.state.span ?? [from, from];
    if (span.some(Number.isNaN)) return;
    const ends = [Math.min(...span), Math.max(...span)].map((i) => this.data.samples[i].offset);
    this.draw({ span });
    this.ask({ what: "edit", edit: { kind: "time", start: ends[0], end: ends[1] } });
  }

  click(event) {
    const hit = (name) => event.target.closest(`[data-${name}]`)?.dataset[name];
    const card = hit("card"), at = hit("at"), mode = hit("mode"), entity = hit("entity"), action = hit("do");
    if (action === "retry" || action === "cancel") this.ask({ what: action });
    else if (card !== undefined) { this.state.card = Number(card); this.all(); }
    else if (at !== undefined) this.move(Number(at));
    else if (mode) this.draw({ mode, draft: null, span: null });
    else if (entity) this.ask({ what: "edit", edit: { kind: "entity", name: entity } });
    else if (action === "reset") { this.draw({ draft: null, span: null }); this.ask({ what: "reset" }); }
  }

  move(at) {
    this.state.at = Math.min(this.data.samples.length - 1, Math.max(0, at));
    this.all();
    this.root.querySelector(`[data-at="${this.state.at}"]`).focus();
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.composedPath()[0].matches("input")) return;
    event.preventDefault();
    this.move(this.state.at + step);
  }

  submit(event) {
    event.preventDefault();
    const input = event.target.querySelector("input");
    if (!input.value.trim()) return;
    input.blur();
    this.ask({ what: "words", text: input.value });
  }

  destroy() {
    this.abort.abort();
    this.observer.disconnect();
  }
}

/** Called by the component at every run of the page. */
export async function mount(component) {
  const { data, parentElement, tell } = component;
  await loadTokens(data.scripts);
  const root = parentElement.querySelector(".explanation");
  const shown = (root.explanation ??= new Explanation(root));
  shown.tell = tell;
  shown.update(data);
  return shown;
}
