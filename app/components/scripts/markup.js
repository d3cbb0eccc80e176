// Markup: the one place where text becomes part of a page. What is put into a template is text, whatever it holds, unless
// it was made by a template itself; so no name of a team, a class or a file can bring markup or script with it.
//
//     fill(element, html`<b title="${title}">${rows.map((row) => html`<i>${row}</i>`)}</b>`)
//
// Values in attributes stand in double quotes. No other module writes innerHTML or its like.

class Markup {
  constructor(text) { this.text = text; }
}

const escaped = (text) => String(text).replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);

function piece(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(piece).join("");
  return value === null || value === undefined || value === false ? "" : escaped(value);
}

/** Markup of a template; what is put into it is text or markup, or an array of these. */
export function html(parts, ...values) {
  return new Markup(parts.reduce((text, part, i) => text + piece(values[i - 1]) + part));
}

const text = (markup) => piece(Array.isArray(markup) ? markup : [markup]);

/** Put markup into an element, in the place of what it holds; text stays text. */
export function fill(element, markup) { element.innerHTML = text(markup); }

const filledWith = new WeakMap();

/** Whether fillChanged would leave an element as it is. */
export const isFilledWith = (element, markup) => element.childElementCount > 0 && filledWith.get(element) === text(markup);

/**
 * Put markup into an element that nothing else writes into, unless the same was put there last: a button that is drawn
 * anew between press and release hears no click. Returns whether it was put there.
 */
export function fillChanged(element, markup) {
  if (isFilledWith(element, markup)) return false;
  filledWith.set(element, text(markup));
  fill(element, markup);
  return true;
}

/** Put markup beside or into an element, where `place` says (see insertAdjacentHTML). */
export function insert(element, place, markup) { element.insertAdjacentHTML(place, text(markup)); }

const COLOUR = /^#[0-9a-f]{6}$/i;

/** A colour from outside, #RRGGBB; another text is none, and gray stands for it. */
export const checkedColour = (value) => (COLOUR.test(value) ? value : "#808080");
