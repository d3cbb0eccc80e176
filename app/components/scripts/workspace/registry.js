// The entries of the workspace: every lane, panel, list and overlay registers itself here, in a module of its name in
// the folder of its kind, from which it is loaded where the page names it. What an entry makes is its part of a
// workspace: an object with what it needs of the following. What is markup is made by `html` of ../markup.js; a string is
// text.
//
// Any part but an overlay's
//   prepare(data)             a promise that is waited for before anything is shown of new data
//   update(data)              new data has come
// Any part
//   pick(spot, rest)          another spot was chosen
//   relisted()                another thing of the list on show was chosen
//   respot(system, others)    it was found which spots stand, and which of two systems are sure enough of
//   resize(wide, tall)        the workspace has another size, pixels
//   clicked(event)            somebody clicked anywhere in the workspace
//   keys, takesKey(event)     what it does at keys, by their names; whether it takes a key before all others
//   help                      rows of the list of keys, [keys, what]
//   destroy()                 the workspace ends
// Any part that has a say in which spots stand
//   joined(spots)             spots with what else is known of them, and those that are added
//   keeps(spot)               whether it stands below its threshold
//   counts(spot)              whether it is an action of its own
//   inAddress                 [[name, value]] of the page's address for choices of its own; null where it is the usual one,
//                             an array where a name has several
//   readAddress(query, data)  takes them over from an address
//   passes(spot), hides(action)  whether a filter lets it through; whether a class is filtered out
//   others, pair(system, others)  spots of another system, and which of the shown one's own are the same; reviews change
//                             neither
//   agrees(spot)              whether it passes a filter by that
//   reasonless(spot)          why it cannot be explained, or null
// Lane, made of a workspace
//   title, legend             what stands over the names of the lanes; what its marks mean, as markup
//   tall, whole, caption, captionTop  pixels of a strip of its own below the lanes of the classes, whether that is on the
//                             clock of the whole match, and what stands left of it, how many pixels below its top
//   behind(lanes, box), draw(lanes, box), marks(lanes, box), over(lanes, box)  one after the other; box {top, tall}
//   moving(lanes, pen, box)   at every move of the playhead
//   grab(lanes, x, y, box)    a drag {move(x, y, drag), drop(y)}, or null
//   click(lanes, x, y, box)   true where nothing more is to be done
//   tip(lanes, x, y)          what to say of a place, {text, title}, or null
//   tipBeside(half, action, seconds)  what to add to that of the lane of a class
// Panel, made of a workspace and the card that it fills; the entry says where that stands: at "player" or "list"
// List, made of a workspace
//   label, count, rows        its name; how many there are, and as markup
//   order, orderTitle         what its head says of them where that is not "by time", and in full
//   filters, placed(element)  markup of its own filters, which have their place now
//   firstKey(event)           whether it takes a key before the review does
//   apart                     whether the key that goes from list to list passes it over
//   click(event), step(by)    true where it goes to the next one itself
//   review                    what is done to its things (see `Review`)
// Overlay, made of a player
//   legend, controls          markup in the bar over the picture, which is hidden where there is nothing to show
//   has(data), offer(data)    whether there is anything to show; what can be chosen from
//   fetch(arrays, action)     a promise of what it needs of a half, for its scenes
//   draw(scene, place)        gives what is shown; scene.rows are the entities of the frame
//   follows                   whether it follows what it draws from sample to sample; else it is fainter between them
//   drawn(scene), changed(option, input)  after a frame; after a control was used

export const KINDS = ["lane", "panel", "list", "overlay"];

const known = new Map();

/**
 * Add an entry; called once by the module that defines it.
 * @param entry {reads, keys of the data that it shows; make; at, of a panel: "player" or "list"}
 */
export function register(kind, name, entry) {
  if (!KINDS.includes(kind)) throw new Error(`the entry ${name} of the workspace is of no known kind: ${kind}`);
  if (known.has(name)) throw new Error(`the entry ${name} of the workspace is registered twice`);
  known.set(name, { kind, name, ...entry });
}

/** Load entries that the page names, as [{kind, name}], and give them in that order. */
export async function entriesOf(shown) {
  await Promise.all(shown.map(({ kind, name }) => import(`./${kind}s/${name}.js`)));
  return shown.map(({ kind, name }) => {
    const entry = known.get(name);
    if (entry?.kind !== kind) throw new Error(`no ${kind} ${name} is registered`);
    return entry;
  });
}
