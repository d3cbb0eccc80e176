// Entities between two samples. On a sample's own frame each stands where it was found. On the frames between, what is
// found at both samples is on its way from the one place to the other; what cannot be followed is not shown, for a box
// that stays behind while its player runs on says something false.

const OWN = 0.02; // seconds from a sample within which a frame is its own
const TOGETHER = 0.75; // seconds between two samples within which things are taken to move evenly
const FIRST = 4, THEN = 1.2; // sizes of a box by which it may have moved: at first, and besides what all have moved by
const ALIKE = 1.7; // how much larger one of two boxes of a thing may be

const centre = ({ box }) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
const size = ({ box }) => Math.max(box[2] - box[0], box[3] - box[1], 1e-3);
const median = (values) => { const sorted = [...values].sort((a, b) => a - b); return sorted.length ? sorted[sorted.length >> 1] : 0; };

/** Pairs of rows that are nearest to each other, of the same kind and alike in size, when the second have moved by `shift`. */
function mates(rows, others, shift, reach) {
  const candidates = [];
  rows.forEach((row, i) => others.forEach((other, j) => {
    if (row.entity !== other.entity) return;
    const large = Math.max(size(row), size(other)), small = Math.min(size(row), size(other));
    if (large > ALIKE * small) return;
    const [x, y] = centre(row), [u, v] = centre(other), apart = Math.hypot(u - x - shift[0], v - y - shift[1]) / large;
    if (apart <= reach) candidates.push([apart, i, j]);
  }));
  const taken = new Set(), pairs = [];
  for (const [, i, j] of candidates.sort((a, b) => a[0] - b[0])) {
    if (taken.has(`a${i}`) || taken.has(`b${j}`)) continue;
    taken.add(`a${i}`).add(`b${j}`);
    pairs.push([rows[i], others[j]]);
  }
  return pairs;
}

/** Which row of one sample is which of the next; the camera's own movement is what most of them have moved by. */
export function followed(rows, others) {
  const moves = mates(rows, others, [0, 0], FIRST).map(([row, other]) => { const [x, y] = centre(row), [u, v] = centre(other); return [u - x, v - y]; });
  return mates(rows, others, [median(moves.map((m) => m[0])), median(moves.map((m) => m[1]))], THEN);
}

/** A row between two of the same thing. */
function between([row, other], share) {
  const mix = (a, b) => a + (b - a) * share;
  return { ...(share < 0.5 ? row : other), box: row.box.map((value, i) => mix(value, other.box[i])), weight: mix(row.weight, other.weight) };
}

/**
 * The entities to show of a frame.
 * @param entities of the half, with `of(sample)`; samples, their times in seconds; scene {sample, moment, time};
 *   shotAt(seconds) gives the shot on screen, {start, end}, or null where none is known
 */
export function entitiesAt(entities, samples, { sample, moment, time }, shotAt) {
  if (Math.abs(time - moment) < OWN) return entities.of(sample);
  const first = time < moment ? sample - 1 : sample, [start, stop] = [samples[first], samples[first + 1]];
  if (!(stop - start <= TOGETHER)) return [];
  const shot = shotAt(time);
  if (shot && (start < shot.start || stop >= shot.end)) return [];
  if (entities.pairs?.first !== first) entities.pairs = { first, rows: followed(entities.of(first), entities.of(first + 1)) };
  return entities.pairs.rows.map((pair) => between(pair, (time - start) / (stop - start)));
}
