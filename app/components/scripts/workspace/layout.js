// Where the lanes stand: under the ruler a row a class, or one for a folded group, and at the foot the strips.

export const RULER = 19; // pixels
const GAP = 3; // pixels between groups
const CLOSE = 30; // seconds in view from which on only the chosen class's group is open
const LEAST = 9, MOST = 30; // pixels of a row

/**
 * Lay out rows and strips.
 * @param lanes whose parts, groups of classes, height and view are known
 * @returns {rows [{classes, y, height, group, folded}], bars [{group, top, height, folded}], lane, a row's height,
 *   bottom of the rows, foot, where the strips begin, boxes {top, tall} of the strips by their parts}
 */
export function laidOut(lanes) {
  const boxes = new Map(), strips = lanes.parts.filter((part) => part.tall);
  const foot = lanes.height - strips.reduce((sum, part) => sum + part.tall, 0);
  let top = foot;
  for (const part of strips) {
    boxes.set(part, { top, tall: part.tall });
    top += part.tall;
  }
  return { ...rowsOf(lanes, foot), foot, boxes };
}

function rowsOf(lanes, foot) {
  const close = lanes.view[1] - lanes.view[0] <= CLOSE && lanes.action;
  const folded = (group) => (close ? !group.classes.some((c) => c.index === lanes.action.index) : lanes.folded.has(group.name) || lanes.autoFold?.has(group.name));
  const room = foot - RULER - 2 - GAP * lanes.groups.length;
  const count = lanes.groups.reduce((n, g) => n + (folded(g) ? 1 : g.classes.length), 0);
  const height = Math.max(LEAST, Math.min(MOST, Math.floor(room / Math.max(1, count)))), rows = [], bars = [];
  let y = RULER + 2;
  for (const group of lanes.groups) {
    const top = y, one = Boolean(folded(group));
    for (const classes of one ? [group.classes] : group.classes.map((c) => [c])) {
      rows.push({ classes, y, height, group, folded: one });
      y += height;
    }
    bars.push({ group, top, height: y - top, folded: one });
    y += GAP;
  }
  return { rows, bars, lane: height, bottom: rows.length ? y - GAP : foot - GAP };
}
