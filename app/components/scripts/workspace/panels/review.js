// The panel of the review: how much was judged, what was said of what is chosen, and the keys that say it. What is
// reviewed is what the list on show lists.

import { Outbox } from "../outbox.js";
import { register } from "../registry.js";
import { shownParts } from "../time.js";

const help = () => [
  ["A", "accept, and on to the next"], ["X", "reject"], ["M", "move to the frame on screen"], ["C", "another class"], ["T", shownParts().teams ? "team, or kind of a change" : "kind of a change"],
  ["V", "spots or camera changes"], ["R", "replay or not"], ["W", "what the replay shows"], ["E", "comment"], ["D", "add one here"],
  ["Q", "next unreviewed"], ["U", "accept all from a confidence on"], ["Ctrl Z", "undo the review"], ["Ctrl Y", "redo it"],
];

class ReviewPanel {
  get help() { return help(); }

  constructor(workspace, root) {
    this.workspace = workspace;
    this.root = root;
    root.classList.add("review-foot");
    this.outbox = new Outbox(workspace);
  }

  update(data) { this.outbox.update(data); }
  respot() { this.workspace.review?.draw(); }
  /** The list on show has the first say, then what is done to its things. */
  takesKey(event) { return (this.workspace.rail.list?.firstKey?.(event) || this.workspace.review?.key(event)) ?? false; }
  destroy() { this.outbox.destroy(); }
}

register("panel", "review", { at: "list", reads: ["reviewer", "reviewSeen", "reviewProblems"], make: (workspace, root) => new ReviewPanel(workspace, root) });
