// What is pressed stays until it is let go: a button that is drawn anew between press and release hears no click.
//
//     this.pressed = new Pressed(list, () => this.draw());
//     draw() { if (this.pressed.defers) return; … }

const RELEASES = ["pointerup", "pointercancel", "dragend", "blur"];

export class Pressed {
  /** @param draw called once it is let go, if drawing was put off and nobody has drawn since */
  constructor(element, draw) {
    Object.assign(this, { draw, down: false, missed: false });
    element.addEventListener("pointerdown", () => this.press());
  }

  press() {
    const listening = new AbortController(), { signal } = listening;
    this.down = true;
    const release = () => {
      listening.abort();
      setTimeout(() => this.release()); // the click comes before
    };
    for (const name of RELEASES) addEventListener(name, release, { signal, capture: true });
    addEventListener("click", () => { this.down = false; }, { once: true, capture: true }); // what hears it may draw
  }

  release() {
    this.down = false;
    if (this.missed) this.draw();
  }

  /** Whether drawing has to wait; if so, it is done at the release. */
  get defers() { return (this.missed = this.down); }
}
