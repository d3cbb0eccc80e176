// Everybody of a half on the pitch: places, teams and tracks, sample by sample, as the page has worked them out.

import { countUpTo } from "./time.js";

const ROW = 28; // bytes of a packed row
const ROLES = ["player", "goalkeeper", "referee", "ball", "unsure"], TEAMS = [null, "home", "away"];
const GONE = "The players could not be loaded; reload the page.";
const TOGETHER = 0.75; // seconds between two samples within which somebody is taken to move evenly

export class Players {
  /** @param samples times of all samples of the half, seconds */
  constructor(buffer, samples) {
    const view = new DataView(buffer), length = view.getUint32(0, true), begins = 4 + length;
    this.about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    this.samples = samples;
    this.begins = new Uint32Array(buffer, begins, samples.length + 1);
    this.view = new DataView(buffer, begins + 4 * (samples.length + 1));
    this.read = new Map(); // rows of samples that were asked for
  }

  /** Those at an address; null while they are worked out. */
  static async load(address, samples) {
    const answer = await fetch(address);
    if (answer.status === 202) return null;
    if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : GONE);
    return new Players(await answer.arrayBuffer(), samples);
  }

  /** Everybody at a sample, in order of tracks. */
  of(sample) { return [...this.byTrack(sample).values()]; }

  /** Everybody at a sample, by track. */
  byTrack(sample) {
    if (!this.read.has(sample)) {
      const rows = new Map();
      for (let r = this.begins[sample]; r < this.begins[sample + 1]; r++) {
        const row = this.row(r, sample);
        rows.set(row.track, row);
      }
      this.read.set(sample, rows);
    }
    return this.read.get(sample);
  }

  row(number, sample) {
    const { view } = this, at = number * ROW, float = (i) => view.getFloat32(at + 4 * i, true), byte = (i) => view.getUint8(at + i);
    const box = [0, 1, 2, 3].map((i) => view.getUint16(at + 16 + 2 * i, true) / 65535), inPicture = box[2] > 0;
    return {
      track: view.getUint32(at, true), sample, x: float(1), y: float(2), error: float(3), box: inPicture ? box : null, inPicture,
      role: ROLES[byte(24)], team: TEAMS[byte(25)], sure: byte(26) / 255, confidence: byte(27) / 255,
    };
  }

  /** Everybody at a time near a sample: on the way to where he is at the sample on its other side, where he is there. */
  at(sample, time) {
    const { samples } = this, other = time >= samples[sample] ? sample + 1 : sample - 1, apart = Math.abs(samples[other] - samples[sample]);
    const rows = this.of(sample), share = Math.abs(time - samples[sample]) / apart;
    if (!(apart <= TOGETHER) || share === 0) return rows;
    const mates = this.byTrack(other), between = (a, b) => a + (b - a) * share;
    return rows.map((row) => {
      const mate = mates.get(row.track);
      if (!mate) return row;
      const box = row.box && mate.box && row.box.map((value, i) => between(value, mate.box[i]));
      return { ...row, x: between(row.x, mate.x), y: between(row.y, mate.y), box: box ?? row.box };
    });
  }

  /** Where a track was before a time, [x, y, seconds], the latest first, back to an earlier one and no farther than a gap. */
  trail(track, time, since, gap) {
    const points = [];
    let last = time;
    for (let sample = countUpTo(this.samples, time) - 1; sample >= 0 && this.samples[sample] >= since; sample--) {
      const row = this.byTrack(sample).get(track), at = this.samples[sample];
      if (last - at > gap) break;
      if (row) { points.push([row.x, row.y, at]); last = at; }
    }
    return points;
  }

  /** Everywhere a track is, in order. */
  track(number) {
    if (!this.tracks) {
      this.tracks = new Map();
      for (let sample = 0; sample < this.samples.length; sample++)
        for (let r = this.begins[sample]; r < this.begins[sample + 1]; r++) {
          const track = this.view.getUint32(r * ROW, true);
          if (!this.tracks.has(track)) this.tracks.set(track, []);
          this.tracks.get(track).push([r, sample]);
        }
    }
    return (this.tracks.get(number) ?? []).map(([r, sample]) => this.row(r, sample));
  }
}
