"""Kits: the colours of shirts and shorts, and which of them are the two teams'.

A player of a broadcast is some ten pixels high: his shirt a dozen pixels, half of them grass, blurred by the
compression. What one sighting says is therefore little. But somebody who stands alone is the same person a moment
later, and the scatter of his colours is what pictures do to one kit. So the colours are first averaged over such
stretches, whitened by that scatter, and only then put into groups, over the whole match: two big ones are the teams,
what is small is officials and goalkeepers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import cv2
import numpy as np
from sklearn.mixture import GaussianMixture

Teams = tuple[tuple[int, ...], tuple[int, ...]]

COLOURS = 6
"""Numbers of a kit: lightness, green to red and blue to yellow (CIELAB) of the shirt, and of the shorts."""
KITS = (5, 6, 7)
"""How many groups are tried: two teams, officials, goalkeepers; a patterned shirt may be two of them. Of these the
number counts whose groups look most like two teams, see ``_teams``."""
_SHIRT, _SHORTS, _SIDES = (0.18, 0.5), (0.5, 0.7), 0.2  # shares of a box's height and, from either side, of its width
_UNLIKE_GRASS = 15.0  # distance of a colour from the ground's at which a pixel counts wholly
_NEAR, _ALONE = 2.5, 4.0  # metres to the same person at the next sample, and to anybody else
_STRETCH = 3  # sightings of a stretch that counts
_FEWEST = 40  # stretches without which nothing is told
_OFFICIALS = 0.08  # share of the people named players or referee who are neither team's outfield players
_EVEN, _REST = 2.0, 5.0  # what it costs that teams are uneven, and that the rest are more or fewer
_DOUBTFUL = 0.23  # of ``_teams``, above which they may be none: seven validation matches had .19 at most, one .27
_LEAST_APART = 1.2  # deviations of a sighting between two teams that can be told apart


def kit_colours(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Colours of the kits in some boxes: float (N, COLOURS); NaN where a box lies outside the picture.

    Arguments:
        image: uint8 (H, W, 3), RGB; boxes: float (N, 4), x1, y1, x2, y2 in its pixels.
    """
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.array([_colours_of(lab, *box) for box in boxes.tolist()]).reshape(-1, COLOURS)


def _colours_of(lab: np.ndarray, x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    width, tall = x2 - x1, y2 - y1
    beside = [_cut(lab, x1 - 0.6 * width, x1, y1, y2), _cut(lab, x2, x2 + 0.6 * width, y1, y2)]
    ground = np.concatenate(beside)
    inside = (x1 + _SIDES * width, x2 - _SIDES * width)
    parts = [_cut(lab, *inside, y1 + top * tall, y1 + bottom * tall) for top, bottom in (_SHIRT, _SHORTS)]
    if not len(ground) or not all(len(p) for p in parts):
        return np.full(COLOURS, np.nan)
    grass = np.median(ground, axis=0)
    return np.concatenate([_mean_unlike(part, grass) for part in parts])


def _cut(lab: np.ndarray, x1: float, x2: float, y1: float, y2: float) -> np.ndarray:
    """Pixels of a region, at least one wide and high: (N, 3)."""
    left, top = round(x1), round(y1)
    right, bottom = max(round(x2), left + 1), max(round(y2), top + 1)
    return lab[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].reshape(-1, 3)


def _mean_unlike(pixels: np.ndarray, grass: np.ndarray) -> np.ndarray:
    """Mean of pixels, those that look like the grass counting little; lightness tells half as much, for shadows."""
    unlike = np.linalg.norm((pixels - grass) * np.array([0.5, 1, 1]), axis=1)
    weight = np.clip(unlike / _UNLIKE_GRASS, 0.05, 1)
    return np.asarray((pixels * weight[:, None]).sum(0) / weight.sum())


def shirt_rgb(colours: np.ndarray) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of the shirt of some colours (COLOURS,)."""
    pixel = cv2.cvtColor(np.asarray(colours[:3], np.float32).reshape(1, 1, 3), cv2.COLOR_LAB2RGB)
    red, green, blue = np.clip(np.round(pixel[0, 0] * 255), 0, 255).astype(int).tolist()
    return red, green, blue


def lab_of(rgb: tuple[int, int, int]) -> np.ndarray:
    """A colour (0 to 255) in CIELAB: float (3,)."""
    pixel = np.array(rgb, np.float32).reshape(1, 1, 3) / 255
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0], float)


def stretches(sample: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Which sightings can only be of one person: the number of each one's stretch, int (N,).

    One goes on at the next sample with the only sighting near by, while nobody else is anywhere near either.

    Arguments:
        sample: int (N,), rising; place: float (N, 2), metres.
    """
    number = np.arange(len(sample))
    if not len(sample):
        return number
    bounds = np.flatnonzero(np.diff(sample, prepend=-2))
    parts = [np.arange(a, b) for a, b in zip(bounds, [*bounds[1:], len(sample)], strict=True)]
    for before, after in pairwise(parts):
        if sample[after[0]] != sample[before[0]] + 1:
            continue
        apart = np.linalg.norm(place[before][:, None] - place[after][None], axis=-1)
        near = apart < _NEAR
        alone = ((apart < _ALONE).sum(0) == 1)[None] & ((apart < _ALONE).sum(1) == 1)[:, None]
        for one, other in zip(*np.nonzero(near & alone), strict=True):
            number[after[other]] = number[before[one]]
    return np.unique(number, return_inverse=True)[1]


@dataclass(frozen=True)
class Kits:
    """The kits of a match, in whitened colours.

    Arguments:
        whitening: (COLOURS, COLOURS), after which the scatter of one kit is about 1 in every direction.
        means: (K, COLOURS); shares: (K,), how many of the people wear each; covariance: (COLOURS, COLOURS), of all.
        teams: the groups of the first team, and of the second.
        rgb: shirts of both teams, for people.
        lab: shirts of both teams, CIELAB.
        clear: whether they look like two teams; else many players may be given the wrong one.
    """

    whitening: np.ndarray
    means: np.ndarray
    shares: np.ndarray
    covariance: np.ndarray
    teams: Teams
    rgb: tuple[tuple[int, int, int], tuple[int, int, int]]
    lab: np.ndarray
    clear: bool = True

    def densities(self, colours: np.ndarray) -> np.ndarray:
        """Density of colours in the first team, the second, and anybody else: float (N, 3); 1 where unknown.

        Anybody else's kit may be one that was not seen often enough to be a group, so a wide group stands for it.
        """
        known = np.isfinite(colours).all(1)
        white = np.where(known[:, None], colours, 0) @ self.whitening
        noise = self.covariance + np.eye(COLOURS)  # of one sighting about the mean of its stretch
        each = np.stack([_normal(white, mean, noise) for mean in self.means], 1) * self.shares
        others = [g for g in range(len(self.means)) if not any(g in team for team in self.teams)]
        wide = _normal(white, self.means.mean(0), noise * 9)
        rest = each[:, others].sum(1) / max(self.shares[others].sum(), 1e-9) if others else wide
        columns = [each[:, list(team)].sum(1) / self.shares[list(team)].sum() for team in self.teams]
        found = np.stack([*columns, 0.7 * rest + 0.3 * wide], 1)
        return np.where(known[:, None], found, 1.0)


def _normal(points: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    off = points - mean
    exponent = -0.5 * np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off)
    return np.asarray(np.exp(exponent) / np.sqrt(np.linalg.det(2 * np.pi * covariance)))


def told_apart(colours: np.ndarray, stretch: np.ndarray) -> Kits | None:
    """The kits of a match from its sightings of players; None where two teams cannot be told apart.

    Arguments:
        colours: float (N, COLOURS); stretch: int (N,), see ``stretches``; sightings without colours are left out.
    """
    known = np.isfinite(colours).all(1)
    colours, stretch = colours[known], stretch[known]
    count = np.bincount(stretch, minlength=1)
    long = count >= _STRETCH
    if long.sum() < _FEWEST:
        return None
    means = np.stack([np.bincount(stretch, column) for column in colours.T], 1) / np.maximum(count, 1)[:, None]
    inside = long[stretch]
    scatter = (colours - means[stretch])[inside]
    within = scatter.T @ scatter / (inside.sum() - long.sum()) + np.eye(COLOURS)
    values, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(values)
    points = np.repeat(means[long] @ whitening, np.minimum(count[long], 4 * _STRETCH) // _STRETCH, axis=0)
    mixtures = [
        GaussianMixture(kits, covariance_type="tied", n_init=6, random_state=0, reg_covar=0.05).fit(points)
        for kits in KITS
    ]
    splits = [_teams(m.weights_, m.means_) for m in mixtures]
    best = int(np.argmin([badness for badness, _ in splits]))
    mixture, teams = mixtures[best], splits[best][1]
    middle = [np.average(mixture.means_[list(t)], axis=0, weights=mixture.weights_[list(t)]) for t in teams]
    if np.linalg.norm(middle[0] - middle[1]) < _LEAST_APART:
        return None
    plain = [m @ np.linalg.inv(whitening) for m in middle]
    return Kits(
        whitening, mixture.means_, mixture.weights_, mixture.covariances_, teams,
        (shirt_rgb(plain[0]), shirt_rgb(plain[1])), np.stack([p[:3] for p in plain]),
        splits[best][0] <= _DOUBTFUL,
    )  # fmt: skip


def _teams(shares: np.ndarray, means: np.ndarray) -> tuple[float, Teams]:
    """The groups of both teams, larger first, and how badly they look like two teams: 0 is perfect.

    Of all ways to put groups into two teams and a rest, that one counts in which both teams are of one size, of kits
    alike and unlike the other's, and in which the rest are as many as officials and goalkeepers.
    """
    ways = (np.array(w) for w in product((0, 1, 2), repeat=len(shares)) if {0, 1} <= set(w))
    badness, best = min(((_badness(shares, means, way), way) for way in ways), key=lambda found: found[0])
    one, other = (tuple(np.flatnonzero(best == team).tolist()) for team in (0, 1))
    larger_first = shares[list(one)].sum() >= shares[list(other)].sum()
    return badness, (one, other) if larger_first else (other, one)


def _badness(shares: np.ndarray, means: np.ndarray, way: np.ndarray) -> float:
    sizes = [float(shares[way == team].sum()) for team in (0, 1, 2)]
    middles = [np.average(means[way == team], axis=0, weights=shares[way == team]) for team in (0, 1)]
    apart = float(((middles[0] - middles[1]) ** 2).sum()) + 1e-9
    scatter = sum(
        float((shares[way == team] * ((means[way == team] - middles[team]) ** 2).sum(1)).sum()) for team in (0, 1)
    )
    uneven = (sizes[0] - sizes[1]) / (sizes[0] + sizes[1])
    return scatter / apart + _EVEN * uneven**2 + _REST * (sizes[2] - _OFFICIALS) ** 2
