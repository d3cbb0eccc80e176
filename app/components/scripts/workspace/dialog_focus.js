// Whoever has opened a dialog goes on where he was when it is closed: the page sees into no shadow root, and would leave
// the focus at its beginning.

export class DialogFocus {
  /** @param root of what asks for dialogs */
  constructor(root) { this.root = root; }

  /** A dialog has been asked for by what has the focus now. */
  keep() {
    this.destroy();
    const opener = this.root.getRootNode().activeElement;
    if (!opener) return;
    let shown = false;
    this.observer = new MutationObserver(() => {
      const open = document.querySelector("[role=dialog]") !== null;
      if (shown && !open) { this.destroy(); this.giveBack(opener); }
      shown ||= open;
    });
    this.observer.observe(document.body, { childList: true, subtree: true });
  }

  /** Nobody else may have it: where a dialog leads to another page, or the page has given it to something. */
  giveBack(opener) {
    const nobody = () => document.activeElement === null || document.activeElement === document.body;
    const after = (frames) => (frames ? requestAnimationFrame(() => after(frames - 1)) : nobody() && opener.isConnected && opener.focus({ preventScroll: true }));
    after(2); // the page lays the focus down in the first
  }

  destroy() { this.observer?.disconnect(); this.observer = null; }
}
