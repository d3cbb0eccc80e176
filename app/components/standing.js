// Streamlit calls this at every run of the page. What stands here is made once and survives those runs. It survives the
// loss of its place as well: of two runs that follow each other fast, the end of the first can take away what the second
// has brought, and only sometimes is it put back.
const KEPT = 6000; // milliseconds for which what has lost its place is kept
const PATIENT = 800; // milliseconds after which its place is asked for
const places = new WeakMap();
let homeless = null;

export default function (component) {
  const { data, parentElement } = component;
  let place = places.get(parentElement);
  if (!place) places.set(parentElement, (place = {}));
  place.latest = component;
  place.address = address();
  place.ready ??= import(`${location.origin}${data.scripts}/${data.module}`);
  place.ready.then(async (module) => {
    if (places.get(parentElement) !== place) return;
    moveIn(parentElement, data);
    const shown = await module.mount(place.latest);
    if (places.get(parentElement) === place) place.shown = shown;
    else if (!place.shown) shown?.destroy(); // its place was lost meanwhile, and nobody knew of it
  }).catch((error) => {
    place.ready = null; // the next run tries again
    parentElement.querySelector("[data-standing]").textContent = `This part of the page could not be loaded (${error.message}). Reload the page.`;
  });
  return () => {
    places.delete(parentElement);
    leave(place);
  };
}

const standsFor = (data) => `${data.module} ${data.of}`;
const address = () => `${location.pathname} ${new URLSearchParams(location.search).get("match")}`;

function leave({ latest, shown, address: stood }) {
  homeless?.end();
  const asking = setTimeout(() => { if (stood === address()) latest.setTriggerValue("lost", performance.now()); }, PATIENT);
  const ending = setTimeout(() => homeless?.end(), KEPT);
  const settled = () => { clearTimeout(asking); clearTimeout(ending); homeless = null; };
  homeless = { of: standsFor(latest.data), shown, settled, end: () => { settled(); shown?.destroy(); } };
}

function moveIn(parentElement, data) {
  if (!homeless) return;
  const { of, shown, settled, end } = homeless;
  if (of !== standsFor(data)) { end(); return; }
  settled();
  const made = parentElement.querySelector("[data-standing]");
  if (shown && made !== shown.root) made.replaceWith(shown.root);
}
