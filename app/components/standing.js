// Streamlit calls this at every run of the page. What stands here is made once and survives those runs. It survives the
// loss of its place as well: of two runs that follow each other fast, the end of the first can take away what the second
// has brought, and only sometimes is it put back.
const KEPT = 6000; // milliseconds without a run of the page after which what has lost its place is given up
const PATIENT = 800; // milliseconds after which its place is asked for, of a page that was not left meanwhile
const WATCHED = 50; // milliseconds between looks at whether it was
const RESENT = 1500; // milliseconds after which what the page has not taken is sent again
const places = new WeakMap();
const homeless = new Map(); // what has lost its place, by what it stands for

export default function (component) {
  const { data, parentElement } = component;
  let place = places.get(parentElement);
  if (!place) places.set(parentElement, (place = {}));
  place.latest = component;
  place.outbox ??= new Outbox();
  place.outbox.update(component);
  place.address = address();
  place.ready ??= import(`${location.origin}${data.scripts}/${data.module}`);
  place.ready.then(async (module) => {
    if (places.get(parentElement) !== place) return;
    moveIn(place, parentElement);
    const { outbox, latest } = place;
    const shown = await module.mount({
      data: latest.data, parentElement, waiting: outbox.waiting.length > 0, tell: (name, value) => outbox.tell(name, value), again: () => outbox.send(),
    });
    if (places.get(parentElement) === place) place.shown = shown;
    else if (!place.shown) shown?.destroy(); // its place was lost meanwhile, and nobody knew of it
  }).catch((error) => {
    place.ready = null; // the next run tries again
    parentElement.querySelector("[data-standing]").textContent = `This part of the page could not be loaded (${error.message}). Reload the page.`;
  });
  return () => {
    places.delete(parentElement);
    leave(place);
  };
}

const standsFor = (data) => `${data.module} ${data.of}`;
const address = () => `${location.pathname} ${new URLSearchParams(location.search).get("match")}`;

function leave({ latest, shown, outbox, address: stood }) {
  const of = standsFor(latest.data), { module } = latest.data;
  homeless.get(of)?.end();
  outbox.rest();
  const lost = performance.now(), passing = shown?.passing ?? false;
  let quiet = lost, asks = true; // quiet: when no run was under way last
  const watching = setInterval(() => {
    const now = performance.now();
    if (busy()) quiet = now;
    asks &&= stood === address(); // for good: who comes back meets a run that brings the place
    if (now - quiet > KEPT) end();
    else if (asks && quiet < now && now - lost > PATIENT) {
      asks = false;
      if (!passing || outbox.waiting.length) outbox.send();
      if (passing) outbox.rest(); // nothing will be there to hear that it was taken
    }
  }, WATCHED);
  const settled = () => { clearInterval(watching); homeless.delete(of); };
  const end = () => { settled(); outbox.rest(); shown?.destroy(); };
  homeless.set(of, { module, stood, passing, shown, outbox, settled, end });
}

function moveIn(place, parentElement) {
  const of = standsFor(place.latest.data), { module } = place.latest.data;
  for (const [other, one] of homeless) if (other !== of && ((one.module === module && !one.passing) || one.stood !== address())) one.end();
  if (!homeless.has(of)) return;
  const { shown, outbox, settled } = homeless.get(of);
  settled();
  place.outbox.rest();
  place.outbox = outbox;
  outbox.update(place.latest);
  const made = parentElement.querySelector("[data-standing]");
  if (shown && made !== shown.root) made.replaceWith(shown.root);
}

/** Whether a run of the page is under way, which may lead to another one: what is sent again meanwhile would lead back. */
const busy = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "running";

// What the page is told is numbered, and kept until the page says that it has taken it. While a run of the page is under
// way Streamlit keeps one event of a component for the next one: a later event takes the place of an earlier one, which
// nobody hears of then. So every event brings all that has not been taken, and what is not answered is sent again. Of two
// things of one name the later one counts.
class Outbox {
  name = `${Date.now()}-${Math.random()}`; // numbers begin anew with a page that is loaded anew
  count = 0;
  waiting = []; // {n, name, value}

  /** A run of the page has come, which says what it has taken, {box, n}. */
  update({ data: { taken }, setTriggerValue }) {
    this.trigger = setTriggerValue;
    if (taken?.box === this.name) this.waiting = this.waiting.filter((event) => event.n > taken.n);
    this.plan();
  }

  tell(name, value) {
    this.waiting = [...this.waiting.filter((event) => event.name !== name), { n: ++this.count, name, value }];
    this.send();
  }

  send() {
    this.trigger("outbox", { box: this.name, waiting: this.waiting, at: performance.now() });
    this.plan();
  }

  plan() {
    this.rest();
    if (this.waiting.length) this.sending = setTimeout(() => (busy() ? this.plan() : this.send()), RESENT);
  }

  rest() { clearTimeout(this.sending); }
}
