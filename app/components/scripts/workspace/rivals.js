// Spots of classes that exclude each other, by the moment that they compete for: the surest first.

const SAID = { accepted: 2, moved: 2, added: 2, rejected: -2 }; // what people said comes before any confidence

const sureness = (spot) => (SAID[spot.review?.state] ?? 0) + (spot.confidence ?? 1);

/**
 * @param spots in the order of half and time; exclusive [{classes, their numbers, within, seconds}]
 * @returns groups of spots, each with its surest first, in the order of those; a spot that nothing competes with is alone
 */
export function rivals(spots, exclusive) {
  const of = new Map(exclusive.flatMap((set) => set.classes.map((index) => [index, set]))), groups = [], known = new Map();
  for (const spot of [...spots].sort((a, b) => sureness(b) - sureness(a))) {
    const set = of.get(spot.action.index), there = known.get(set)?.get(spot.half) ?? [];
    const group = set && there.find((g) => Math.abs(spot.seconds - g[0].seconds) <= set.within && g.every((other) => other.action !== spot.action));
    if (group) { group.push(spot); continue; }
    groups.push([spot]);
    if (!set) continue;
    if (!known.has(set)) known.set(set, new Map());
    known.get(set).set(spot.half, [...there, groups.at(-1)]);
  }
  return groups.sort(([a], [b]) => a.half - b.half || a.seconds - b.seconds);
}
