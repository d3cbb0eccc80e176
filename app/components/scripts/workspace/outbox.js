// What was done is kept until it has been answered: sent in order, one request in flight.

const PATIENCE = 1500; // milliseconds after which what is not answered is sent again
const TOGETHER = 250; // milliseconds for which changes are collected

/** What has been done and not been answered, by number: it outlives a workspace that is made anew. */
const waiting = { actions: [], count: null };

export class Outbox {
  /** @param workspace whose page is told: the event `review` {author, actions} */
  constructor(workspace) {
    this.workspace = workspace;
    this.sent = null; // when that was sent which has not been answered
  }

  update(data) {
    this.data = data;
    waiting.count ??= data.reviewSeen;
    const before = waiting.actions.length;
    waiting.actions = waiting.actions.filter((action) => action.match !== data.match.id || action.n > data.reviewSeen);
    if (waiting.actions.length < before) { clearTimeout(this.sending); this.sending = this.sent = null; } // it has been answered
    if (this.pending.length) this.send();
  }

  get pending() { return waiting.actions.filter((action) => action.match === this.data.match.id); }

  /** What can be sent: a change after an undo waits for its answer, which says the revision that it is made on. */
  get ready() {
    const unsure = this.pending.findIndex((action) => action.revision === null);
    return unsure < 0 ? this.pending : this.pending.slice(0, unsure);
  }

  /** Keep what was done and send it. */
  post(action) {
    waiting.actions.push({ n: ++waiting.count, match: this.data.match.id, ...action });
    this.send();
  }

  /**
   * Send all that has not been answered, a little later: what comes twice is done once. While an answer is awaited
   * nothing more is sent: runs of the page that follow each other fast get into each other's way.
   */
  send() {
    const rest = this.sent === null ? 0 : this.sent + PATIENCE - performance.now();
    this.sending ??= setTimeout(() => {
      this.sending = null;
      const actions = this.ready;
      if (!actions.length || !this.workspace.root.isConnected) return; // sent when there is a place again
      this.sent = performance.now();
      this.workspace.tell("review", { author: this.workspace.review.author, actions });
    }, Math.max(TOGETHER, rest));
  }

  destroy() { clearTimeout(this.sending); }
}
