// The one player who is marked: as long as the shot lasts, and beyond it where his track goes on.

const LOST = 2; // seconds beside a track for which he stays marked where nobody knows the shots

export class MarkedPlayer {
  /** @param shotAt (half, seconds) -> {start, end} | null */
  constructor(shotAt) {
    this.shotAt = shotAt;
    this.track = null;
    this.rows = []; // everywhere he is
  }

  /** Mark a track at a moment, or nobody where it is marked already. */
  toggle(track, players, half, time) {
    if (this.track === track) { this.clear(); return; }
    Object.assign(this, { track, half, players, rows: players.track(track), shot: this.shotAt(half, time) });
  }

  clear() { Object.assign(this, { track: null, players: null, rows: [], shot: null }); }

  /** Let go of him where another shot is on screen in which he is not followed. */
  follow(players, half, time) {
    if (this.track !== null && (players !== this.players || half !== this.half || !this.stays(half, time))) this.clear();
  }

  stays(half, time) {
    const shot = this.shotAt(half, time), at = (row) => this.players.samples[row.sample];
    if (!shot) return time >= at(this.rows[0]) - LOST && time <= at(this.rows.at(-1)) + LOST;
    return shot.start === this.shot?.start || this.rows.some((row) => at(row) >= shot.start && at(row) < shot.end);
  }
}
