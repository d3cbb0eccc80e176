// Tells the page when its colours turn from dark to light or back: when the system's do, and Streamlit has followed.
const PATIENCE = 10_000; // milliseconds for which Streamlit may need to follow; it does not where a theme was chosen in it

let sent = null; // what the page was last sent, so that a page that cannot follow is not made again for ever

export default function ({ data, setTriggerValue }) {
  const system = matchMedia("(prefers-color-scheme: dark)"), shown = () => getComputedStyle(document.querySelector(".stApp")).colorScheme;
  const tell = () => { sent = before; setTriggerValue("turned", before); };
  let before = shown();
  if (data.drawn === before) sent = null;
  else if (data.drawn && sent !== before) tell(); // it turned before anybody watched
  const turned = () => {
    const end = performance.now() + PATIENCE;
    const look = () => {
      if (shown() !== before) { before = shown(); tell(); }
      else if (performance.now() < end) requestAnimationFrame(look);
    };
    look();
  };
  system.addEventListener("change", turned);
  return () => system.removeEventListener("change", turned);
}
