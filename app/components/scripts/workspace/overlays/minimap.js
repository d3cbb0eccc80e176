// The pitch from above, in a corner of the picture: what the picture shows of it, and who was found where.

import { html } from "../../markup.js";
import { MarkedPlayer } from "../marked_player.js";
import { rectangle } from "../overlay.js";
import { PeopleButtons } from "../people_buttons.js";
import { Players } from "../players.js";
import { register } from "../registry.js";
import { colour } from "../theme.js";

const WIDE = 0.27, MOST = 250; // of the picture's width; pixels at most
const MARGIN = 3; // metres around the pitch
const PEOPLE = /player|goalkeeper|referee/;
const EDGE = 12; // points along each side of the picture
const AGAIN = 2000; // milliseconds until it is asked again for players that are being worked out
const UNSURE = 0.65; // below this a team is drawn hollow
const UNSEEN = 0.45; // opacity of somebody whose place is told from his track
const TRAIL = 5, GAP = 2; // seconds of a trail, and without a place after which it ends
const FOOT = 0.8, CORNERS = 28; // metres of the ring around the feet of who is marked; points that it is drawn by
const GROUND = "#102218", LIGHT = "#F2F5F8", DARK = "#000000";
const TITLE = "The pitch from above: what the picture shows, and who stands where (Z)";
const WORKING = "Working out teams";

class Minimap {
  controls = html`<label class="minimap"><input type="checkbox" data-option="minimap">Minimap<span class="teams-state" role="status" hidden><i class="pulse"></i><span class="unseen">${WORKING}</span></span></label>`;
  keys = { z: () => this.has(this.player.data) && this.player.toggleOption("minimap"), Escape: () => this.mark(this.marked.track) };

  constructor(player) {
    this.player = player;
    this.fetching = new Map(); // by address
    this.state = {}; // {waiting: for players that are being worked out, problem: why there are none, notes: on them}
    this.marked = new MarkedPlayer(player.hooks.shotAt);
    this.buttons = new PeopleButtons(player.q(".stage"), (track) => this.mark(track));
    Object.assign(this.options, { minimap: false });
  }

  get options() { return this.player.overlay.options; }
  get help() { return this.has(this.player.data) ? [["Z", "minimap; Tab and Enter mark a player on it"]] : []; }

  has(data) { return Boolean(data.pitch); }
  offer(data) {
    if (this.analysis !== data.analysis) this.state = { problem: data.players.reason };
    this.analysis = data.analysis;
    this.describe();
  }

  destroy() {
    clearTimeout(this.asking);
    this.buttons.destroy();
  }

  // --- who stands where ------------------------------------------------------------------------------

  /** Everybody of the half, once the map is on; while teams are worked out, and where they cannot be, that is said. */
  async fetch(arrays) {
    if (!this.player.data.players?.halves[arrays.half.half] || !this.options.minimap) return { players: null };
    let problem = null;
    const players = await this.playersOf(arrays.half.half).catch((error) => { problem = error.message; return null; });
    if (arrays !== this.player.arrays.get(this.player.half)) return { players };
    this.state = { waiting: !players && !problem, problem, notes: players?.about.notes };
    this.describe();
    if (this.state.waiting) this.askAgain();
    return { players };
  }

  /** Everybody of a half, fetched once; null while they are worked out, and where nobody was looked for. */
  async playersOf(half) {
    const address = this.player.data.players.halves[half];
    if (!address) return null;
    if (!this.fetching.has(address)) this.fetching.set(address, Players.load(address, this.player.arrays.get(half).samples));
    const players = await this.fetching.get(address).catch((error) => { this.fetching.delete(address); throw error; });
    if (!players) this.fetching.delete(address); // asked again the next time
    return players;
  }

  askAgain() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.player.root.isConnected && this.player.prepare(), AGAIN);
  }

  /** What the control says of itself: what it waits for, why there are no teams, and what has to be known of them. */
  describe() {
    const { waiting, problem, notes = [] } = this.state, label = this.player.q(".minimap");
    const lines = waiting ? [`${WORKING} of this match; until then colours are those of the boxes.`] : problem ? [`No teams: ${problem}`] : notes;
    this.player.q(".teams-state").hidden = !waiting;
    label.classList.toggle("teamless", Boolean(problem));
    label.title = [TITLE, ...lines].join("\n");
  }

  // --- drawing ---------------------------------------------------------------------------------------

  draw(scene, place) {
    const { calibrations, players, time } = scene, { pen } = this.player.overlay, on = this.options.minimap && calibrations;
    const rows = on && players ? this.present(players, scene) : [];
    this.marked.follow(on ? players : null, this.player.half, time);
    if (!on) { this.offerPeople([]); return; }
    const box = this.box(place), now = calibrations.at(time);
    this.highlight(rows.find((row) => row.track === this.marked.track), now, place);
    pen.save();
    pen.globalAlpha = 1;
    pen.fillStyle = GROUND; // nothing of the picture shows through, which is often the score bug
    pen.beginPath();
    pen.roundRect(box.x, box.y, box.w, box.h, 4 * place.unit);
    pen.fill();
    pen.clip();
    if (now) this.view(now, box, place.unit);
    this.lines(box, place.unit);
    const shown = players ? this.placed(rows, players, time, box, place.unit) : this.entityDots(calibrations, scene, box, place.unit);
    if (!now) this.note("No calibration here", box, 0.5, place.unit);
    if (this.state.waiting) this.note(WORKING, box, 0.93, place.unit);
    pen.restore();
    const who = this.nameMarked(rows.find((row) => row.track === this.marked.track), box, place.unit);
    this.offerPeople(rows.filter((row) => row.role !== "ball"), box);
    return who ? { ...shown, who } : shown;
  }

  /** Below the map, who is marked, and how sure his team is; returns those words. */
  nameMarked(row, box, unit) {
    if (!row) return null;
    const { pen } = this.player.overlay, text = row.team ? `${this.whoIs(row)}, ${row.sure.toFixed(2)} sure` : this.whoIs(row);
    const wide = this.measure(text, unit) + 12 * unit, tall = 18 * unit, right = box.x + box.w, top = box.y + box.h + 3 * unit;
    pen.save();
    pen.globalAlpha = 1;
    pen.fillStyle = GROUND;
    pen.beginPath();
    pen.roundRect(right - wide, top, wide, tall, 4 * unit);
    pen.fill();
    this.write(text, right - wide / 2, top + tall / 2);
    pen.restore();
    return text;
  }

  /** Everybody who was placed, by team, with where he came from; the ball in front. */
  placed(rows, players, time, box, unit) {
    const shot = this.player.hooks.shotAt(this.player.half, time), since = Math.max(time - TRAIL, shot?.start ?? 0);
    const drawn = [...rows].sort((a, b) => (a.role === "ball") - (b.role === "ball"));
    for (const row of drawn) if (row.track !== this.marked.track) this.trail([[row.x, row.y, time], ...players.trail(row.track, time, since, GAP)], time, this.colourOf(row), box, unit);
    this.wholeTrail(time, box, unit);
    for (const row of drawn) this.person(row, this.colourOf(row), this.at(box, row.x, row.y), unit);
    const marked = rows.find((row) => row.track === this.marked.track);
    if (marked) this.ring(this.at(box, marked.x, marked.y), unit);
    return { minimap: rows.length, teams: rows.filter((row) => row.team).length, marked: this.marked.track };
  }

  /** A trail, the fainter the longer ago. */
  trail(points, time, ink, box, unit) {
    const { pen } = this.player.overlay;
    pen.save();
    pen.strokeStyle = ink;
    pen.lineWidth = 1.5 * unit;
    for (let i = 1; i < points.length; i++) {
      pen.globalAlpha = Math.max(0, 1 - (time - points[i][2]) / TRAIL);
      pen.beginPath();
      this.path(box, [points[i - 1], points[i]]);
      pen.stroke();
    }
    pen.restore();
  }

  /** All of the trail of who is marked: thin where he is still to go. */
  wholeTrail(time, box, unit) {
    const { pen } = this.player.overlay, { rows, players } = this.marked;
    pen.save();
    for (let i = 1; i < rows.length; i++) {
      const at = players.samples[rows[i].sample];
      if (at - players.samples[rows[i - 1].sample] > GAP) continue;
      pen.beginPath();
      this.path(box, [[rows[i - 1].x, rows[i - 1].y], [rows[i].x, rows[i].y]]);
      pen.strokeStyle = this.colourOf(rows[i]);
      pen.globalAlpha = at <= time ? 0.95 : 0.5;
      pen.lineWidth = (at <= time ? 1.8 : 0.9) * unit;
      pen.stroke();
    }
    pen.restore();
  }

  /** Around who is marked, on the map. */
  ring([x, y], unit) {
    this.outlined(() => this.player.overlay.pen.arc(x, y, 6 * unit, 0, 2 * Math.PI), "#FFFFFF", 1.6 * unit, unit);
  }

  /** A line with a dark one below it. */
  outlined(path, ink, width, unit) {
    const { pen } = this.player.overlay;
    pen.beginPath();
    path();
    for (const [style, wide] of [["rgba(0,0,0,.6)", width + 2 * unit], [ink, width]]) {
      pen.strokeStyle = style;
      pen.lineWidth = wide;
      pen.stroke();
    }
  }

  /** In the picture: a ring on the ground around the feet of who is marked, and his box where he is seen. */
  highlight(row, camera, place) {
    if (!row) return;
    const { pen } = this.player.overlay, ink = this.colourOf(row), turn = (i) => (2 * Math.PI * i) / CORNERS;
    const ground = camera ? Array.from({ length: CORNERS }, (_, i) => camera.toPicture(row.x + FOOT * Math.cos(turn(i)), row.y + FOOT * Math.sin(turn(i)))) : [];
    pen.save();
    pen.globalAlpha = row.inPicture ? 1 : UNSEEN;
    pen.beginPath();
    pen.rect(place.x, place.y, place.w, place.h);
    pen.clip();
    if (ground.length && ground.every(Boolean)) this.outlined(() => {
      ground.forEach(([u, v]) => pen.lineTo(place.x + u * place.w, place.y + v * place.h));
      pen.closePath();
    }, ink, 2.2 * place.unit, place.unit);
    if (row.box) this.outlined(() => pen.roundRect(...rectangle(row.box, place, 3 * place.unit), 3 * place.unit), ink, 1.6 * place.unit, place.unit);
    pen.restore();
  }

  // --- marking ---------------------------------------------------------------------------------------

  /** Mark a track, or let go of it. */
  mark(track) {
    const { players } = this.player.fetched;
    if (track === null || !players) return;
    this.marked.toggle(track, players, this.player.half, this.player.time);
    this.player.redraw();
  }

  /** Buttons over people on the map. */
  offerPeople(rows, box) {
    this.buttons.show(rows.map((row) => {
      const [x, y] = this.at(box, row.x, row.y), label = this.nameOf(row), pressed = row.track === this.marked.track;
      const team = row.team ? `${row.sure.toFixed(2)} sure of the team, ` : "", place = `place expected within ${row.error.toFixed(1)} m`;
      const title = `${label}\n${team}${place}${row.inPicture ? "" : "\nNot seen here: told from the track"}\n${pressed ? "Click or Esc lets go" : "Click marks"}`;
      return { track: row.track, x: x / devicePixelRatio, y: y / devicePixelRatio, label, title, pressed };
    }));
  }

  nameOf(row) { return `${this.whoIs(row)}, track ${row.track}`; }

  whoIs({ role, team }) {
    const { home, away } = this.player.data.match, guess = this.player.fetched.players.about.homeIsGuess;
    const names = guess ? ["Team on the left in half 1,", "Team on the right in half 1,"] : [home ?? "Home", away ?? "Away"];
    const side = { home: names[0], away: names[1] }[team];
    return role === "referee" ? "Official" : role === "unsure" ? "Somebody" : side ? `${side} ${role}` : `${role === "goalkeeper" ? "Goalkeeper" : "Player"} of unsure team`;
  }

  /** Everybody on screen: at the nearest sample of the shot on screen, for beyond a cut is another place. */
  present(players, { sample, time, moment }) {
    const { half, hooks } = this.player, shot = hooks.shotAt(half, time);
    if (!shot || (moment >= shot.start && moment < shot.end)) return players.at(sample, time);
    const other = time >= moment ? sample + 1 : sample - 1, at = players.samples[other];
    return at >= shot.start && at < shot.end ? players.at(other, time) : [];
  }

  colourOf(row) {
    const { theme } = this.player.root.closest(".workspace").dataset;
    const [home, away] = this.player.fetched.players.about.colours ?? [colour(theme, "accent"), colour(theme, "warning")];
    return { home, away }[row.team] ?? LIGHT;
  }

  /** A player in his team's colour, hollow where that is unsure; officials as diamonds, the ball as a small disc. */
  person({ role, team, sure, inPicture }, ink, [x, y], unit) {
    const { pen } = this.player.overlay, official = role === "referee", hollow = role !== "ball" && !official && (!team || sure < UNSURE);
    const size = (role === "ball" ? 2 : 3) * unit;
    pen.save();
    pen.globalAlpha *= inPicture ? 1 : UNSEEN;
    pen.beginPath();
    if (official) for (const [dx, dy] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) pen.lineTo(x + 1.2 * size * dx, y + 1.2 * size * dy);
    else pen.arc(x, y, hollow ? 0.8 * size : size, 0, 2 * Math.PI);
    pen.closePath();
    pen.fillStyle = official ? "#12181F" : ink;
    pen.strokeStyle = official ? LIGHT : ink;
    pen.lineWidth = (hollow ? 1.4 : 1) * unit;
    if (!hollow) pen.fill();
    if (hollow || official) pen.stroke();
    if (!official) this.edge(x, y, hollow ? 0.8 * size + 0.7 * unit : size, ink, unit);
    pen.restore();
  }

  /** Close around a disc, a thin ring that stands out from its colour: shirts may be as green as the map. */
  edge(x, y, radius, ink, unit) {
    const { pen } = this.player.overlay;
    pen.beginPath();
    pen.arc(x, y, radius + 0.4 * unit, 0, 2 * Math.PI);
    pen.strokeStyle = bright(ink) ? DARK : LIGHT;
    pen.lineWidth = unit;
    pen.stroke();
  }

  /** Where the map lies, and the scale from metres to pixels. */
  box(place) {
    const { length, width } = this.player.data.pitch, w = Math.min(place.w * WIDE, MOST * place.unit), scale = w / (length + 2 * MARGIN);
    const h = scale * (width + 2 * MARGIN), gap = 10 * place.unit;
    return { x: place.x + place.w - w - gap, y: place.y + gap, w, h, scale };
  }

  at(box, x, y) { return [box.x + box.w / 2 + x * box.scale, box.y + box.h / 2 + y * box.scale]; }

  path(box, points) {
    const { pen } = this.player.overlay;
    points.forEach(([x, y], i) => (i ? pen.lineTo(...this.at(box, x, y)) : pen.moveTo(...this.at(box, x, y))));
  }

  lines(box, unit) {
    const { pen } = this.player.overlay;
    pen.beginPath();
    for (const line of this.player.data.pitch.lines) this.path(box, line);
    pen.strokeStyle = "rgba(255,255,255,.62)";
    pen.lineWidth = unit;
    pen.stroke();
  }

  /** The part of the ground that the picture shows. */
  view(camera, box, unit) {
    const { pen } = this.player.overlay, t = Array.from({ length: EDGE }, (_, i) => i / EDGE);
    const border = [...t.map((s) => [s, 0]), ...t.map((s) => [1, s]), ...t.map((s) => [1 - s, 1]), ...t.map((s) => [0, 1 - s])];
    const ground = border.map(([u, v]) => camera.toPitch(u, v)).filter((p) => p && Math.abs(p[0]) < 300 && Math.abs(p[1]) < 300);
    if (ground.length < 3) return;
    pen.beginPath();
    this.path(box, ground);
    pen.closePath();
    pen.globalAlpha = 0.35 + 0.65 * camera.opacity;
    pen.fillStyle = "rgba(124,245,208,.16)";
    pen.fill();
    pen.strokeStyle = "#7CF5D0";
    pen.lineWidth = 1.2 * unit;
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** Without teams: a dot for everybody found who stands on the pitch or close beside it, in his entity's colour. */
  entityDots(calibrations, { entities, sample, moment }, box, unit) {
    const camera = calibrations.at(moment); // boxes are those of the sample, and so is the camera that places them
    if (!camera || !entities) return { minimap: 0 };
    const { pen } = this.player.overlay, { entities: names, pitch } = this.player.data;
    let dots = 0;
    for (const row of entities.of(sample)) {
      const { name, colour: own } = names[row.entity], ball = name === "ball";
      const at = ball || PEOPLE.test(name) ? camera.toPitch((row.box[0] + row.box[2]) / 2, row.box[3]) : null;
      if (!at || Math.abs(at[0]) > pitch.length / 2 + MARGIN || Math.abs(at[1]) > pitch.width / 2 + MARGIN) continue;
      pen.beginPath();
      pen.arc(...this.at(box, ...at), (ball ? 2 : 2.8) * unit, 0, 2 * Math.PI);
      pen.fillStyle = own;
      pen.strokeStyle = "rgba(0,0,0,.7)";
      pen.lineWidth = 0.8 * unit;
      pen.fill();
      pen.stroke();
      dots++;
    }
    return { minimap: dots };
  }

  /** Words on the map, this share of it down, on a ground of their own: its lines would run through them. */
  note(text, box, down, unit) {
    const { pen } = this.player.overlay, x = box.x + box.w / 2, y = box.y + down * box.h;
    const wide = this.measure(text, unit) + 12 * unit, tall = 18 * unit;
    pen.fillStyle = GROUND;
    pen.fillRect(x - wide / 2, y - tall / 2, wide, tall);
    this.write(text, x, y);
  }

  /** How many pixels wide words are, which are written so from then on. */
  measure(text, unit) {
    const { pen } = this.player.overlay;
    pen.font = `500 ${11 * unit}px Inter, system-ui, sans-serif`;
    return pen.measureText(text).width;
  }

  /** Words around a point. */
  write(text, x, y) {
    const { pen } = this.player.overlay;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = "#E9EDF2";
    pen.fillText(text, x, y);
  }
}

/** Whether a colour, as #RRGGBB, stands out from the map by itself. */
function bright(ink) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(ink.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

register("overlay", "minimap", { reads: ["players"], make: (player) => new Minimap(player) });
