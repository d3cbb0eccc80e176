// Streamlit calls this at every run of the page; the workspace itself is made once and survives them.
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let entry = mounted.get(parentElement);
  if (!entry) mounted.set(parentElement, (entry = { latest: null, workspace: null }));
  entry.latest = component;
  entry.ready ??= import(`${location.origin}${data.scripts}/workspace/main.js`);
  entry.ready.then(async (module) => {
    if (mounted.get(parentElement) === entry) entry.workspace = await module.mount(entry.latest);
  });
  return () => {
    mounted.delete(parentElement);
    entry.workspace?.destroy();
  };
}
