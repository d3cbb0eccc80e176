// Streamlit calls this at every run of the page; what the user has chosen or drawn survives them.
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let entry = mounted.get(parentElement);
  if (!entry) mounted.set(parentElement, (entry = {}));
  entry.latest = component;
  entry.ready ??= import(`${location.origin}${data.scripts}/explanation/main.js`);
  entry.ready.then(async (module) => {
    if (mounted.get(parentElement) === entry) entry.shown = await module.mount(entry.latest);
  });
  return () => {
    mounted.delete(parentElement);
    entry.shown?.destroy();
  };
}
