// Tells the page when its colours turn from dark to light or back: when the system's do, and Streamlit has followed.
const PATIENCE = 2000; // milliseconds for which Streamlit may need to follow; it does not where a theme was chosen in it

export default function ({ setTriggerValue }) {
  const system = matchMedia("(prefers-color-scheme: dark)"), shown = () => getComputedStyle(document.querySelector(".stApp")).colorScheme;
  let before = shown();
  const turned = () => {
    const end = performance.now() + PATIENCE;
    const look = () => {
      if (shown() !== before) { before = shown(); setTriggerValue("turned", before); }
      else if (performance.now() < end) requestAnimationFrame(look);
    };
    look();
  };
  system.addEventListener("change", turned);
  return () => system.removeEventListener("change", turned);
}
