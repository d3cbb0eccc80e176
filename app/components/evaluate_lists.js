// The class table, the confusion matrix and the list of errors of the Evaluate view. Made anew at every run: they are
// small and still.

const share = (value) => (value >= 0.995 ? value.toFixed(2) : value.toFixed(2).replace(/^0/, ""));
const signed = (value) => (Math.abs(value) < 0.005 ? ".00" : (value > 0 ? "+" : "−") + share(Math.abs(value)));

export default function (component) {
  const { data, parentElement } = component;
  const scripts = `${location.origin}${data.scripts}`;
  Promise.all([import(`${scripts}/workspace/theme.js`), import(`${scripts}/markup.js`)]).then(async (modules) => {
    const look = Object.assign({}, ...modules);
    await look.loadTokens(scripts);
    const root = parentElement.querySelector(".lists");
    const theme = look.themeOf(root);
    look.applyTheme(root, theme);
    const draw = data.matrix ? confusionMatrix : data.rows ? classTable : errorList;
    look.fill(root, draw(data, look, theme));
    for (const cell of root.querySelectorAll("button[data-true]"))
      cell.addEventListener("click", () => component.setTriggerValue("picked", { ...cell.dataset }));
    for (const row of root.querySelectorAll("tr[data-class]")) {
      const pick = () => component.setTriggerValue("picked", { label: row.dataset.class });
      row.addEventListener("click", pick);
      row.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        pick();
      });
    }
    root.dataset.ready = "1";
  });
}

function classTable(data, look, theme) {
  const heads = ["Tight, 1–5 s", "Loose, 5–60 s"];
  const head = heads.map((h) => look.html`<th class="r">${h}</th>${data.two ? look.html`<th class="r">A − B</th>` : ""}`);
  const rows = data.rows.map((row) => {
    const cells = ["tight", "loose"].map((m) => valueCells(row, row[m], data.two, look, theme));
    return look.html`<tr data-class="${row.name}" class="${row.name === data.chosen ? "on" : ""}" tabindex="0" aria-selected="${row.name === data.chosen}">
      <td><span class="name">${look.glyph(row, theme, 18)}<span>${row.short}</span></span></td><td class="r soft">${row.truths}</td>${cells}</tr>`;
  });
  const key = data.two ? look.html`<span class="key"><i class="bar-key"></i>A</span><span class="key"><i class="tick-key"></i>B</span>` : "";
  return look.html`<table class="${data.two ? "two" : ""}"><thead><tr><th>Class</th><th class="r">Truth</th>${head}</tr></thead><tbody>${rows}</tbody></table>
    <p class="foot">${key}<span>${data.note}</span></p>`;
}

function valueCells(row, value, two, look, theme) {
  if (!value) return look.html`<td class="r muted">no truth</td>${two ? look.html`<td></td>` : ""}`;
  const colour = look.classColour(row, theme);
  const tick = two ? look.html`<u style="left:${100 * value.b}%"></u>` : "";
  const bounds = `95 % interval ${value.interval.map(share).join(" to ")}${row.few ? ", of few truths" : ""}`;
  return look.html`<td class="r"><span class="value" title="${bounds}"><span>${share(value.a)}</span><span class="track"><i style="width:${100 * value.a}%;background:${colour}"></i>${tick}</span></span></td>${two ? differenceCell(value.difference, row.few, look) : ""}`;
}

// A difference with its interval: strong where that holds no zero, faint where it is of too few truths to say much.
function differenceCell({ value, low, high }, few, look) {
  const kind = few ? "few" : low > 0 || high < 0 ? "strong" : "soft";
  return look.html`<td class="r difference ${kind}" title="${few ? "Fewer than five truths: the interval says little" : ""}">${signed(value)}<small>${signed(low)} to ${signed(high)}</small></td>`;
}

// How many of each true class (rows) were taken for each class (columns), with the median time error.
function confusionMatrix(data, look, theme) {
  const { rows, columns, cells, chosen } = data.matrix;
  const name = (one) => look.html`${one.glyph ? look.glyph(one, theme, 18) : ""}<span>${one.short}</span>`;
  const head = columns.map((one) => look.html`<th class="column" scope="col" title="${one.short}"><span>${name(one)}</span></th>`);
  const body = rows.map((row, i) => {
    const most = Math.max(1, ...cells[i].map((cell) => cell.count));
    const line = cells[i].map((cell, j) => {
      if (!cell.count) return look.html`<td></td>`;
      const kind = row.name === columns[j].name ? "right" : "wrong";
      const on = chosen && chosen[0] === row.name && chosen[1] === columns[j].name;
      const late = cell.error === null ? "" : `${Math.abs(cell.error) < 0.05 ? "" : cell.error < 0 ? "−" : "+"}${Math.abs(cell.error).toFixed(1)} s`;
      const words = `${row.short} taken for ${columns[j].short}: ${cell.count}${late ? `, median ${late}` : ""}`;
      return look.html`<td><button class="cell ${kind}" data-true="${row.name}" data-predicted="${columns[j].name}" aria-pressed="${on ? "true" : "false"}" aria-label="${words}" title="${words}" style="--part:${Math.round(100 * (0.12 + 0.5 * cell.count / most))}%"><b>${cell.count}</b>${late ? look.html`<small>${late}</small>` : ""}</button></td>`;
    });
    return look.html`<tr><th scope="row"><span class="name">${name(row)}</span></th>${line}</tr>`;
  });
  return look.html`<div class="matrix"><table><caption>True classes down, what was spotted across</caption><thead><tr><th></th>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

const CHIPS = { near: ["near", "↔", "Near"], missed: ["bad", "···", "Missed"], false: ["bad", "✕", "False"], right: ["good", "✓", "Right"], open: ["open", "?", "Open"], reviewed: ["good", "✓", "Reviewed"], labelled: ["label", "▪", "Label"],
  one: ["bad", "½", "Only one"], class: ["near", "≠", "Class"], apart: ["near", "↔", "Time"] };

function errorList(data, look, theme) {
  if (!data.errors.length) return look.html`<p class="empty">${data.empty}</p>`;
  const rows = data.errors.map((error) => {
    const [kind, sign, word] = CHIPS[error.kind] ?? ["", "", ""]; // a clip of a playlist is neither right nor wrong
    const picture = error.picture ? look.html`<img src="${error.picture}" alt="" loading="lazy">` : look.html`<span class="blank"></span>`;
    const inner = look.html`${picture}${look.glyph(error, theme, 20)}
      <span class="what"><span><b>${error.short}</b> <span class="soft">${error.clock}</span></span><small>${error.text}</small></span>
      ${word ? look.html`<span class="chip ${kind}"><span aria-hidden="true">${sign}</span> ${word}</span>` : ""}`;
    return error.link ? look.html`<a class="error" href="${error.link}">${inner}</a>` : look.html`<div class="error" title="This game is not in the library">${inner}</div>`;
  });
  return look.html`<div class="errors">${rows}</div>`;
}
