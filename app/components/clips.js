// Streamlit calls this at every run of the page; the desk itself is made once and survives them.
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let entry = mounted.get(parentElement);
  if (!entry) mounted.set(parentElement, (entry = { latest: null, desk: null }));
  entry.latest = component;
  entry.ready ??= import(`${location.origin}${data.scripts}/clips/desk.js`);
  entry.ready.then(async (module) => {
    if (mounted.get(parentElement) === entry) entry.desk = await module.mount(entry.latest);
  });
  return () => {
    mounted.delete(parentElement);
    entry.desk?.destroy();
  };
}
