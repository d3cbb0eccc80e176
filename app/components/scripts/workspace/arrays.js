// Arrays of a half: scores with a max pyramid, entities, maps; each fetched once.

export async function bytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(answer.status === 404 ? "the link has expired or the file has changed; reload the page" : `error ${answer.status}`);
  return answer.arrayBuffer();
}

/** Confidence of every class over a half, at every power of two of reduction by maximum. */
export class ScorePyramid {
  /** @param {Uint8Array} scores class by class, (C, T) */
  constructor(scores, classes) {
    this.classes = classes;
    this.count = scores.length / classes;
    this.levels = [{ count: this.count, values: scores }];
    for (let top = this.levels[0]; top.count > 256; top = this.levels.at(-1)) {
      const count = (top.count + 1) >> 1, values = new Uint8Array(count * classes);
      for (let c = 0; c < classes; c++) {
        const from = c * top.count, to = c * count;
        for (let i = 0; i < count; i++) {
          const a = top.values[from + 2 * i], b = 2 * i + 1 < top.count ? top.values[from + 2 * i + 1] : 0;
          values[to + i] = a > b ? a : b;
        }
      }
      this.levels.push({ count, values });
    }
  }
  /** Confidence of a class at a sample, 0 to 255. */
  value(action, sample) { return action < this.classes ? this.levels[0].values[action * this.count + sample] : 0; }
  /** Largest value of a class (0 of one that the model does not know) over samples first to stop (fractions of a sample are interpolated). */
  peak(action, first, stop) {
    const span = stop - first;
    if (action >= this.classes) return 0;
    if (span < 1.5) return this.interpolated(action, (first + stop) / 2);
    let level = 0;
    while (level + 1 < this.levels.length && 2 << level <= span) level++;
    const { count, values } = this.levels[level], scale = 1 << level, base = action * count;
    const from = Math.max(0, Math.floor(first / scale)), to = Math.min(count, Math.ceil(stop / scale));
    let peak = 0;
    for (let i = from; i < to; i++) if (values[base + i] > peak) peak = values[base + i];
    return peak;
  }
  interpolated(action, sample) {
    const low = Math.max(0, Math.min(this.count - 1, Math.floor(sample))), high = Math.min(this.count - 1, low + 1);
    const share = Math.max(0, Math.min(1, sample - low));
    return this.value(action, low) * (1 - share) + this.value(action, high) * share;
  }
}

const ROW = 12; // bytes of a packed entity

/** Entities of a half, sample by sample. */
export class Entities {
  constructor(buffer, samples) {
    this.begins = new Uint32Array(buffer, 0, samples + 1);
    this.view = new DataView(buffer, 4 * (samples + 1));
    this.pairs = null; // which of them are the same at two samples: {first, rows}, as `entitiesAt` has last paired them
  }
  /** Entities of a sample; box as shares of the picture. Several layers ask for the same one at every frame. */
  of(sample) {
    if (this.read?.sample === sample) return this.read.rows;
    const rows = [];
    for (let r = this.begins[sample]; r < this.begins[sample + 1]; r++) {
      const at = r * ROW, corner = (i) => this.view.getUint16(at + 2 + 2 * i, true) / 65535;
      rows.push({
        entity: this.view.getUint8(at), score: this.view.getUint8(at + 1) / 255,
        box: [corner(0), corner(1), corner(2), corner(3)],
        weight: this.view.getUint8(at + 10) / 255, kept: this.view.getUint8(at + 11) === 1,
      });
    }
    this.read = { sample, rows };
    return rows;
  }
}

/** Everything of one half that is fetched. */
export class HalfArrays {
  constructor(half, classes, arrays) {
    this.half = half; this.classes = classes; this.described = arrays; this.maps = new Map();
  }
  async load() {
    const base = this.half.array;
    const [samples, scores] = await Promise.all([bytes(`${base}/samples`), bytes(`${base}/scores`), this.learnFrames(this.half)]);
    this.samples = new Float64Array(samples);
    this.scores = new ScorePyramid(new Uint8Array(scores), this.classes);
    this.frameTimes ??= this.samples; // without a video nothing is finer
    return this;
  }
  /** Fetch the scores again: more has been judged. */
  async renew(half, version) {
    this.half = half;
    this.scores = new ScorePyramid(new Uint8Array(await bytes(`${half.array}/scores?version=${version}`)), this.classes);
  }
  /** Fetch the times of the frames, once there is a video that has them. */
  async learnFrames(half) {
    if (!half.times || this.framed) return;
    this.frameTimes = new Float64Array(await bytes(half.times));
    this.framed = true;
  }
  /** Entities, fetched on first use; null for a system without. */
  async entitiesReady() {
    if (!this.described.entities) return null;
    this.entities ??= bytes(`${this.half.array}/entities`).then((b) => new Entities(b, this.samples.length));
    return this.entities;
  }
  /** Map of a class over the whole half, uint8 (T, h, w), fetched on first use; null for a system without. */
  async mapReady(action) {
    if (!this.described.map) return null;
    if (!this.maps.has(action)) {
      const url = `${this.half.array}/map?map=${this.described.map.name}&class=${action}`;
      this.maps.set(action, bytes(url).then((b) => new Uint8Array(b)));
    }
    return this.maps.get(action);
  }
}
