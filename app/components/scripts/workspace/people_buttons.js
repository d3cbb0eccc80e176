// Buttons over the people of the minimap, by which they are marked: with a click, or with Tab and Enter.

export class PeopleButtons {
  /** @param stage element that they lie in; choose(track) is called for the one that was pressed */
  constructor(stage, choose) {
    this.root = Object.assign(document.createElement("div"), { className: "people", role: "group", ariaLabel: "Players on the minimap", hidden: true });
    stage.querySelector(".overlay").after(this.root);
    this.buttons = new Map(); // by track, in its order
    this.root.addEventListener("click", (event) => {
      const track = event.target.closest("button")?.dataset.track;
      if (track) choose(Number(track));
    });
  }

  /** @param people [{track, x, y (pixels of the page), label, title, pressed}], in order of tracks */
  show(people) {
    this.root.hidden = !people.length;
    const here = new Set(people.map(({ track }) => track));
    for (const [track, button] of this.buttons) if (!here.has(track)) { button.remove(); this.buttons.delete(track); }
    for (const person of people) this.place(person);
  }

  place({ track, x, y, label, title, pressed }) {
    let button = this.buttons.get(track);
    if (!button) {
      button = document.createElement("button");
      button.dataset.track = track;
      const next = [...this.root.children].find((other) => Number(other.dataset.track) > track) ?? null;
      this.root.insertBefore(button, next); // the others stay where they are, and one of them in focus
      this.buttons.set(track, button);
    }
    button.style.transform = `translate(${x}px, ${y}px)`;
    if (button.ariaLabel !== label) button.ariaLabel = label;
    if (button.title !== title) button.title = title;
    if (button.ariaPressed !== String(pressed)) button.ariaPressed = String(pressed);
  }

  destroy() { this.root.remove(); }
}
