// Which classes are shown: one control for every page. Each class can be taken in or out and be the only one; presets
// choose several at once, and what is chosen can be kept as one of one's own.
//
//     const filter = new ClassFilter(root, { choose: (labels) => …, keep: (name, labels) => …, forget: (name) => … });
//     filter.show({ classes, presets, chosen }, theme);
//
// classes: [{name, short, group, glyph, light, dark, count or null}]; presets: [{title, labels, own}]; chosen: names of
// classes, none for all of them.

import { fillChanged, html } from "./markup.js";
import { applyTheme, glyph, loadTokens, themeOf } from "./workspace/theme.js";

/** The classes that are left when one is taken in or out; none for all of them. */
export function toggled(names, chosen, name) {
  const before = chosen.length ? chosen : names;
  const after = names.filter((one) => (one === name ? !before.includes(name) : before.includes(one)));
  return after.length === names.length ? [] : after;
}

const same = (some, others) => some.length === others.length && some.every((one) => others.includes(one));

export class ClassFilter {
  constructor(root, { choose, keep, forget }) {
    Object.assign(this, { root, on: { choose, keep, forget }, naming: false });
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("submit", (event) => this.submit(event));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.naming) return;
      event.stopPropagation();
      this.name(false);
    });
  }

  show(data, theme) {
    Object.assign(this, { data, theme });
    this.draw();
  }

  get names() { return this.data.classes.map((one) => one.name); }

  draw() {
    const { classes, presets, chosen } = this.data, focused = this.focus();
    const marks = presets.map(({ title, labels, own }) => html`<span class="preset ${own ? "own" : ""}">
      <button data-preset="${title}" aria-pressed="${same(labels, chosen) ? "true" : "false"}">${title}</button>
      ${own ? html`<button class="forget" data-forget="${title}" aria-label="Forget ${title}" title="Forget this preset">×</button>` : ""}</span>`);
    const keep = !chosen.length || presets.some(({ labels }) => same(labels, chosen)) ? "" : this.naming
      ? html`<form class="naming"><input name="preset" maxlength="60" required placeholder="Name" aria-label="Name of the preset"><button>Keep</button></form>`
      : html`<button class="keep" data-keep title="Keep these classes as a preset">+ Keep</button>`;
    const chips = classes.map((one) => {
      const on = !chosen.length || chosen.includes(one.name), count = one.count ?? null;
      return html`<span class="chip-of-class ${on ? "on" : ""}" role="group" aria-label="${one.short}">
        <button class="in" data-class="${one.name}" aria-pressed="${on ? "true" : "false"}" title="${on ? "Leave out" : "Take in"} ${one.short}">${glyph(one, this.theme, 16, true)}<span>${one.short}</span>${count === null ? "" : html`<small>${count}</small>`}</button>
        <button class="only" data-only="${one.name}" title="Only ${one.short}" aria-label="Only ${one.short}">Only</button></span>`;
    });
    const drawn = fillChanged(this.root, html`<div class="presets" role="group" aria-label="Presets"><span class="preset"><button data-all aria-pressed="${chosen.length ? "false" : "true"}">All</button></span>${marks}${keep}</div>
      <div class="classes" role="group" aria-label="Classes">${chips}</div>`);
    if (drawn && focused) this.root.querySelector(focused)?.focus();
  }

  /** A selector of what has the focus, which drawing takes away. */
  focus() {
    const at = this.root.contains(this.root.getRootNode().activeElement) && this.root.getRootNode().activeElement;
    const key = at && Object.keys(at.dataset)[0];
    return key ? `[data-${key}="${CSS.escape(at.dataset[key])}"]` : "";
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { only, preset, forget } = button.dataset, name = button.dataset.class;
    if ("all" in button.dataset) this.choose([]);
    else if (only !== undefined) this.choose(this.names.length === 1 ? [] : [only]);
    else if (name !== undefined) this.choose(event.altKey ? [name] : toggled(this.names, this.data.chosen, name));
    else if (preset !== undefined) this.choose(this.preset(preset));
    else if (forget !== undefined) this.forget(forget);
    else if ("keep" in button.dataset) this.name(true);
  }

  /** The classes of a preset; all of them where it was chosen before. */
  preset(title) {
    const { labels } = this.data.presets.find((one) => one.title === title);
    return same(labels, this.data.chosen) ? [] : labels;
  }

  choose(chosen) {
    this.naming = false;
    this.show({ ...this.data, chosen }, this.theme);
    this.on.choose(chosen);
  }

  forget(title) {
    this.show({ ...this.data, presets: this.data.presets.filter((one) => one.title !== title || !one.own) }, this.theme);
    this.on.forget(title);
  }

  name(naming) {
    this.naming = naming;
    this.draw();
    this.root.querySelector(naming ? ".naming input" : "[data-keep]")?.focus();
  }

  submit(event) {
    event.preventDefault();
    const name = this.root.querySelector(".naming input").value.trim(), { presets, chosen } = this.data;
    if (!name) return;
    this.naming = false;
    this.show({ ...this.data, presets: [...presets.filter((one) => one.title !== name), { title: name, labels: chosen, own: true }] }, this.theme);
    this.on.keep(name, chosen);
  }

  get passing() { return true; } // it stands in popovers too, whose end takes it away: its place is not asked for
  destroy() {} // it listens to its own element alone
}

/**
 * Called by the component at every run of the page. What is chosen is kept here until a run of the page has heard of it:
 * a run that began before brings what was chosen before.
 */
export async function mount({ data, parentElement, waiting, tell }) {
  await loadTokens(data.scripts);
  const root = parentElement.querySelector("[data-standing]");
  const filter = (root.classFilter ??= new ClassFilter(root, {
    choose: (labels) => tell("chosen", labels),
    keep: (name, labels) => tell(`kept ${name}`, { keep: name, labels }),
    forget: (name) => tell(`forgotten ${name}`, { forget: name }),
  }));
  const theme = themeOf(root);
  applyTheme(root, theme);
  if (!waiting || !filter.data) filter.show(data, theme);
  root.dataset.ready = "1";
  return filter;
}
