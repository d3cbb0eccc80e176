// The control of classes on a page that Streamlit makes. What is chosen is kept here until a run of the page has heard of
// it: a run that began before brings what was chosen before.
const places = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const scripts = `${location.origin}${data.scripts}`;
  const place = places.get(parentElement) ?? { sent: 0, of: Date.now() };
  places.set(parentElement, place);
  place.component = component;
  place.modules ??= Promise.all(["class_filter.js", "workspace/theme.js"].map((name) => import(`${scripts}/${name}`)));
  place.modules.then(async ([{ ClassFilter }, { applyTheme, loadTokens, themeOf }]) => {
    await loadTokens(scripts);
    const { component: latest } = place, root = latest.parentElement.querySelector(".class-filter");
    const theme = themeOf(root);
    applyTheme(root, theme);
    const tell = (what) => place.component.setStateValue("change", { ...what, of: place.of, n: ++place.sent });
    if (place.root !== root) {
      place.root = root;
      place.filter = new ClassFilter(root, {
        choose: (labels) => tell({ chosen: labels }),
        keep: (name, labels) => tell({ chosen: labels, keep: name }),
        forget: (name) => tell({ chosen: place.filter.data.chosen, forget: name }),
      });
    }
    const taken = latest.data.taken?.of === place.of ? latest.data.taken.n : 0;
    if (place.sent <= taken || !place.filter.data) place.filter.show(latest.data, theme);
    root.dataset.ready = "1";
  });
}
