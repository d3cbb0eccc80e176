// Has the page made again in the colours that it has when the server drew it in others: Streamlit runs this anew whenever
// its own colours turn (as the system's do) or the server has drawn.
export default function ({ data, setTriggerValue }) {
  const shown = getComputedStyle(document.querySelector(".stApp")).colorScheme;
  if (data.drawn && shown !== data.drawn) setTriggerValue("turned", shown);
}
