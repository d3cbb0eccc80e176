// What is pressed stays until it is let go: a button that is drawn anew between press and release hears no click.
//
//     this.pressed = new Pressed(list, () => this.draw());
//     draw() { if (this.pressed.defers) return; … }

const RELEASES = ["pointerup", "pointercancel", "dragend"];

export class Pressed {
  /** @param draw called once it is let go, if drawing was put off and nobody has drawn since */
  constructor(element, draw) {
    Object.assign(this, { draw, down: false, missed: false });
    element.addEventListener("pointerdown", (event) => {
      const scrolls = event.target === element; // by its bar, of whose release nobody may hear
      if (event.button === 0 && event.isPrimary && !scrolls) this.press();
    });
  }

  press() {
    const listening = new AbortController(), { signal } = listening;
    this.down = true;
    const release = () => setTimeout(() => { // the click comes before
      listening.abort();
      this.release();
    });
    for (const name of RELEASES) addEventListener(name, release, { signal, capture: true, once: true });
    addEventListener("blur", release, { signal, once: true }); // the window's own
    addEventListener("click", () => { this.down = false; }, { signal, capture: true }); // what hears it may draw
  }

  release() {
    this.down = false;
    if (this.missed) this.draw();
  }

  /** Whether drawing has to wait; if so, it is done at the release. */
  get defers() { return (this.missed = this.down); }
}
