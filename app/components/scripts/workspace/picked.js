// The page is told which spot is chosen: the last one alone, and one at a time. Runs of the page that follow each other
// fast get into each other's way, and the workspace would lose its place for a moment.

const PATIENCE = 1500; // milliseconds after which an answer is no longer waited for

export class Picked {
  /** @param tell called with a spot to tell the page */
  constructor(tell) {
    this.tell = tell;
    this.next = null; // {spot, due}: what has not been told
    this.unanswered = null; // {id, until}: what has been told and not been answered
  }

  /** A spot has been chosen; the page is told `rest` milliseconds later, if it still is. */
  pick(spot, rest = 0) {
    this.next = { spot, due: performance.now() + rest };
    this.plan();
  }

  /** Nothing that has not been told is to be told. */
  forget() {
    clearTimeout(this.planned);
    this.next = null;
  }

  /** @param id of the spot that the page knows as chosen */
  answered(id) {
    if (this.unanswered?.id !== id) return;
    this.unanswered = null;
    this.plan();
  }

  plan() {
    clearTimeout(this.planned);
    if (!this.next) return;
    const wait = Math.max(this.next.due, this.unanswered?.until ?? 0) - performance.now();
    if (wait > 0) { this.planned = setTimeout(() => this.plan(), wait); return; }
    const { spot } = this.next;
    this.next = null;
    this.unanswered = { id: spot.id, until: performance.now() + PATIENCE };
    this.tell(spot);
  }
}
