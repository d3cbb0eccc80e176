// Where on the pitch a spot is: at the ball, where that was placed near the moment; else where the camera looks.

const NEAR = 1; // seconds from a spot within which a place of the ball counts
const SPEED = 5; // metres a second that the ball usually moves meanwhile
const LOOKS = 0.5; // share of the picture's height at which its middle column is looked at
const OFF = 0.4; // metres from there to the ball, by metres between the picture's quarters there (.39 on average at the true spots of eight validation matches of simmatch)
const BESIDE = 3; // metres beside the pitch within which something still is a place on it

/**
 * The place of a moment, {x, y, error (metres expected), ball (whether the ball was there)}; null where there is none.
 * @param players of the half, or null; calibrations of it, or null
 * @param shot {start, end, replay} that the moment lies in, or null where nobody knows
 * @param pitch {length, width} in metres
 */
export function placeOf(seconds, players, calibrations, shot, pitch) {
  if (shot?.replay) return null;
  return (players && atBall(seconds, players, shot)) ?? (calibrations && inView(seconds, calibrations, pitch)) ?? null;
}

function atBall(seconds, players, shot) {
  const balls = players.ballNear(seconds, NEAR).filter(({ at }) => !shot || (at >= shot.start && at < shot.end));
  const away = ({ at }) => Math.abs(at - seconds), [nearest] = balls.sort((a, b) => away(a) - away(b));
  if (!nearest) return null;
  const { x, y, error } = nearest.row;
  return { x, y, error: Math.hypot(error, SPEED * away(nearest)), ball: true };
}

function inView(seconds, calibrations, pitch) {
  const camera = calibrations.at(seconds), [middle, left, right] = [0.5, 0.25, 0.75].map((u) => camera?.toPitch(u, LOOKS));
  if (!middle || !left || !right) return null;
  const [x, y] = middle, wide = Math.hypot(right[0] - left[0], right[1] - left[1]);
  if (Math.abs(x) > pitch.length / 2 + BESIDE || Math.abs(y) > pitch.width / 2 + BESIDE) return null;
  return { x, y, error: OFF * wide, ball: false };
}
