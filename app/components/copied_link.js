// Copies the address of the page, which says all that is on screen.
const COPIED = 1600; // milliseconds for which it says so

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".copied-link"), text = button.firstElementChild;
  button.onclick = async () => {
    let done = true;
    try { await navigator.clipboard.writeText(location.href); } catch { done = false; }
    text.textContent = done ? "Copied" : "Copy it from the address bar";
    setTimeout(() => { text.textContent = "Copy link"; }, COPIED);
  };
}
