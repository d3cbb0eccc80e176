// Keys of the workspace: the player's and the lanes' own, and what the parts do at theirs; a list of all of them.

import { fill, html, insert } from "../markup.js";
import { hint, press, pressOf } from "./hints.js";

const FIRST = [["Space", "play or pause"], ["← →", "one frame"], ["⇧← ⇧→", "five seconds"], ["J K L", "back, stop, faster"], ["N P", "next, previous one"], ["O", "loop the chosen action"], [".", "a half begins or ends here"]];
const LANES = [["+ −", "zoom the lanes"], ["0", "whole match"]];
const LAST = [["S", "sound"], ["F", "whole screen"], ["?", "this list"]];
const HINTS = [["Space", "play"], ["← →", "frame"], ["J K L", "shuttle"], ["N P", "action"], ["O", "loop"], ["+ −", "zoom"]];
const WRITING = "input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]";
const FASTEST = 8;

export class Keys {
  /** @param list element of the list of keys; footer: of those that are used most, before the marks */
  constructor(workspace, list, footer) {
    this.workspace = workspace;
    this.list = list;
    insert(footer, "afterbegin", html`<span class="hints">${HINTS.map(hint)}</span>${press("?", "all", "press link")}<span class="spring"></span>`);
  }

  toggle() {
    const { workspace } = this, rows = (...kinds) => workspace.entries.filter((entry) => kinds.includes(entry.kind)).flatMap((entry) => workspace.part(entry.name).help ?? []);
    fill(this.list, html`<b role="heading" aria-level="2">Keys</b>${[...FIRST, ...rows("panel", "list"), ...LANES, ...rows("lane", "overlay"), ...LAST].map(hint)}`);
    this.list.hidden = !this.list.hidden;
    if (!this.list.hidden) this.list.scrollIntoView({ block: "nearest" }); // on a long page it may lie elsewhere
  }

  /** A key was pressed on screen. */
  touch(name) { this.press(pressOf(name)); }

  press(event) {
    const { workspace } = this, at = event.composedPath()[0];
    if (at?.matches?.(WRITING) || event.altKey || !workspace.data || document.querySelector("[role=dialog]")) return;
    if (location.pathname !== workspace.path) return; // it has lost its place because another page was opened
    if (workspace.having("takesKey").some((part) => part.takesKey(event))) { event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey) return;
    const own = this.own(event), parts = workspace.having("keys").map((part) => part.keys);
    const actions = [own, ...parts].map((keys) => keys[event.key] ?? keys[event.key.toLowerCase()]).filter(Boolean);
    if (!actions.length) return;
    event.preventDefault();
    // A focused button must not be pressed by the space bar as well.
    if (event.key === " " && at?.blur && at !== document.body) at.blur();
    for (const action of actions) action();
  }

  own(event) {
    const { workspace } = this, { player, lanes } = workspace, { video } = player, jump = (s) => player.seek(player.time + s);
    return {
      " ": () => player.toggle(), ArrowLeft: () => (event.shiftKey ? jump(-5) : player.step(-1)), ArrowRight: () => (event.shiftKey ? jump(5) : player.step(1)),
      j: () => jump(-2 * Math.max(1, video.playbackRate)), k: () => { player.speed(1); video.pause(); },
      l: () => { player.speed(video.paused ? 1 : Math.min(FASTEST, video.playbackRate * 2)); video.play(); },
      n: () => workspace.nextAction(1), p: () => workspace.nextAction(-1), o: () => { player.toggleLoop(); workspace.moved(player.half, player.time, false); },
      "+": () => lanes.zoom(0.5), "=": () => lanes.zoom(0.5), "-": () => lanes.zoom(2), "0": () => lanes.whole(),
      ".": () => workspace.tell("command", { name: "halves", half: player.half, time: player.time }),
      s: () => player.command("sound"), f: () => player.command("full"), v: () => workspace.setMode(),
      "?": () => this.toggle(), Escape: () => (this.list.hidden = true),
    };
  }
}
