// The class table and the list of errors of the Evaluate view. Made anew at every run: they are small and still.

const html = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const share = (value) => (value >= 0.995 ? value.toFixed(2) : value.toFixed(2).replace(/^0/, ""));
const signed = (value) => (Math.abs(value) < 0.005 ? ".00" : (value > 0 ? "+" : "−") + share(Math.abs(value)));

export default function (component) {
  const { data, parentElement } = component;
  import(`${location.origin}${data.scripts}/workspace/theme.js`).then(async (look) => {
    await look.loadTokens(`${location.origin}${data.scripts}`);
    const root = parentElement.querySelector(".lists");
    const theme = look.themeOf(root);
    look.applyTheme(root, theme);
    root.innerHTML = data.rows ? classTable(data, look, theme) : errorList(data, look, theme);
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
  const head = heads.map((h) => `<th class="r">${h}</th>${data.two ? '<th class="r">A − B</th>' : ""}`).join("");
  const rows = data.rows.map((row) => {
    const cells = ["tight", "loose"].map((m) => valueCells(row, row[m], data.two, look, theme)).join("");
    return `<tr data-class="${html(row.name)}" class="${row.name === data.chosen ? "on" : ""}" tabindex="0" aria-selected="${row.name === data.chosen}">
      <td><span class="name">${look.glyph(row, theme, 18)}<span>${html(row.short)}</span></span></td><td class="r soft">${row.truths}</td>${cells}</tr>`;
  });
  const key = data.two ? '<span class="key"><i class="bar-key"></i>A</span><span class="key"><i class="tick-key"></i>B</span>' : "";
  return `<table><thead><tr><th>Class</th><th class="r">Truth</th>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>
    <p class="foot">${key}<span>${html(data.note)}</span></p>`;
}

function valueCells(row, value, two, look, theme) {
  if (!value) return `<td class="r muted">no truth</td>${two ? "<td></td>" : ""}`;
  const colour = look.classColour(row, theme);
  const tick = two ? `<u style="left:${100 * value.b}%"></u>` : "";
  const difference = value.a - value.b;
  const cell = two ? `<td class="r ${Math.abs(difference) >= 0.0995 ? "strong" : "soft"}">${signed(difference)}</td>` : "";
  return `<td class="r"><span class="value"><span>${share(value.a)}</span><span class="track"><i style="width:${100 * value.a}%;background:${colour}"></i>${tick}</span></span></td>${cell}`;
}

const CHIPS = { near: ["near", "↔", "Near"], missed: ["bad", "···", "Missed"], false: ["bad", "✕", "False"], right: ["good", "✓", "Right"], open: ["open", "?", "Open"], reviewed: ["good", "✓", "Reviewed"] };

function errorList(data, look, theme) {
  if (!data.errors.length) return `<p class="empty">${html(data.empty)}</p>`;
  const rows = data.errors.map((error) => {
    const [kind, sign, word] = CHIPS[error.kind];
    const picture = error.picture ? `<img src="${html(error.picture)}" alt="" loading="lazy">` : '<span class="blank"></span>';
    const inner = `${picture}${look.glyph(error, theme, 20)}
      <span class="what"><span><b>${html(error.short)}</b> <span class="soft">${html(error.clock)}</span></span><small>${html(error.text)}</small></span>
      <span class="chip ${kind}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
    return error.link ? `<a class="error" href="${html(error.link)}">${inner}</a>` : `<div class="error" title="This game is not in the library">${inner}</div>`;
  });
  return `<div class="errors">${rows.join("")}</div>`;
}
