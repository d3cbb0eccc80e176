// Files that are dropped or chosen go to the app piece by piece, one file after the other; what was cut off goes on where
// it was. Several files make one match: its halves and its labels.
const zones = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".drop-zone");
  let zone = zones.get(root);
  if (!zone) {
    zone = { files: [] };
    zones.set(root, zone);
    Promise.all(["workspace/theme.js", "markup.js"].map((name) => import(`${location.origin}${data.scripts}/${name}`))).then(async (modules) => {
      zone.look = Object.assign({}, ...modules);
      await zone.look.loadTokens(`${location.origin}${data.scripts}`);
      zone.look.applyTheme(root, zone.look.themeOf(root));
      listen(root, zone);
      draw(root, zone);
      root.dataset.ready = "1";
    });
  }
  Object.assign(zone, { component, data });
  if (zone.look) draw(root, zone);
}

function listen(root, zone) {
  const over = (event) => { event.preventDefault(); root.classList.toggle("over", event.type === "dragover"); };
  root.addEventListener("dragover", over);
  root.addEventListener("dragleave", over);
  root.addEventListener("drop", (event) => { over(event); take(root, zone, [...event.dataTransfer.files]); });
  root.addEventListener("change", (event) => take(root, zone, [...event.target.files]));
  root.addEventListener("click", (event) => { if (event.target.closest("[data-stop]")) zone.stopped = true; });
}

function draw(root, zone) {
  const { look, data, files } = zone, named = !!data.folder;
  const rows = files.map((one) => look.html`<li class="${one.problem ? "bad" : one.share === 1 ? "good" : ""}"><span>${one.file.name}</span>
    <progress max="1" value="${one.share}" aria-label="${one.file.name}"></progress><small>${one.problem ?? `${Math.floor(100 * one.share)} %`}</small></li>`);
  look.fill(root, look.html`<label class="${named ? "" : "off"}"><b>Drop videos and labels here</b><span>or choose them: ${data.kinds.join(", ")}</span>
    <input type="file" multiple accept="${data.kinds.join(",")}" ${named ? "" : look.html`disabled`}></label>
    <ul aria-live="polite">${rows}</ul>${zone.busy ? look.html`<button type="button" data-stop>Stop</button>` : ""}`);
}

async function take(root, zone, dropped) {
  if (zone.busy || !zone.data.folder || !dropped.length) return;
  const folder = zone.data.folder;
  Object.assign(zone, { busy: true, stopped: false, files: dropped.map((file) => ({ file, share: 0, problem: null })) });
  draw(root, zone);
  for (const one of zone.files) {
    try { await send(zone, folder, one, () => draw(root, zone)); } catch (error) { one.problem = error.message; }
    if (zone.stopped) break;
  }
  zone.busy = false;
  draw(root, zone);
  const names = zone.files.filter((one) => one.share === 1).map((one) => one.file.name);
  if (names.length) zone.component.setTriggerValue("done", { folder, names });
}

async function send(zone, folder, one, drawn) {
  const { file } = one, { upload, piece } = zone.data;
  let at = 0;
  for (let tries = 0; at < file.size || !file.size; ) {
    if (zone.stopped) throw new Error("Stopped; drop it again to go on");
    const query = new URLSearchParams({ folder, name: file.name, at, size: file.size });
    let answer, body;
    try {
      answer = await fetch(`${upload}?${query}`, { method: "POST", body: file.slice(at, at + piece), headers: { "Content-Type": "application/octet-stream" } });
      body = await answer.json();
    } catch (error) {
      if (++tries > 5) throw new Error("The connection was lost; drop it again to go on");
      await new Promise((done) => setTimeout(done, 500 * tries));
      continue;
    }
    if (answer.status === 409 && body.there !== at && ++tries < 5) { at = body.there; continue; }
    if (!answer.ok) throw new Error(body.problem ?? "This file was not taken");
    at = body.there;
    one.share = at / file.size;
    drawn();
  }
}
