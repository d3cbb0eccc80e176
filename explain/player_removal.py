"""Player removal: which people on the pitch the score rests on, of models that read who stands where.

One after the other is taken away from all samples near the anchor, and the numbers that the model reads are made anew
without them: the graph of players loses a node, the top view somebody's pixels. The picture, where one is read, stays.

Paper: Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), carried from places to
people.
"""

from __future__ import annotations

import time

import numpy as np

from explain.attribution import ENTITY, ENTITY_ROW, Attribution
from explain.explained_people import Sighting
from explain.probe import Probe, ShareDone
from spotting_core.domain.people import Placed, Role

NAME = "player-removal"
_BATCH = 8


def explain(probe: Probe, label: str, *, report: ShareDone | None = None) -> Attribution:
    """One row per person seen near the anchor, at the sample nearest to it, and the score's change without them.

    ``effect`` is the score without minus the score with: negative where somebody speaks for the class. Rows come in the
    order of the size of their effect.

    Arguments:
        report: called with the share done; returning False ends the work early with what there is.

    Errors:
        BadInputError: see ``people_of``.
    """
    began = time.perf_counter()
    sightings = probe.people.sightings
    names = tuple(dict.fromkeys(map(_name, sightings)))
    table = np.zeros(len(sightings), ENTITY_ROW)
    score = probe.score(label)
    for start in range(0, len(sightings), _BATCH):
        some = range(start, min(start + _BATCH, len(sightings)))
        without = probe.at_anchor(probe.without_people([{number} for number in some]), label).cpu().numpy()
        for number, other in zip(some, without, strict=True):
            table[number] = _row(sightings[number], probe, names, float(other) - score)
        if report and not report(some.stop / len(sightings)):
            table = table[: some.stop]
            break
    table = table[np.argsort(-np.abs(table["effect"]), kind="stable")]
    reach = float(np.abs(table["effect"]).max(initial=1e-6))
    everybody = set(range(len(sightings)))
    return probe.attribution(
        NAME,
        label,
        ENTITY,
        table,
        baseline="one person away from all samples near the anchor",
        held_fixed="the picture" if probe.model.inputs.pictures is not None else "",
        score_baseline=float(probe.at_anchor(probe.without_people([everybody]), label)[0]),
        scale=(-reach, reach),
        began=began,
        entities=names,
    )


def by_person(attribution: Attribution, probe: Probe) -> np.ndarray:
    """How far the score falls without each of ``probe.people.sightings``: float (P,)."""
    falls = {_place(row): -float(row["effect"]) for row in attribution.values}
    table = np.array([_row(one, probe, attribution.entities, 0.0) for one in probe.people.sightings], ENTITY_ROW)
    return np.array([falls[_place(row)] for row in table])


def _place(row: np.void) -> tuple[object, ...]:
    """By which a row is known: its sample and box."""
    return tuple(row[name].item() for name in ("sample", "x1", "y1", "x2", "y2"))


def _name(sighting: Sighting) -> str:
    one: Placed = sighting.somebody
    role = "player" if one.role is Role.UNSURE else str(one.role)
    return f"{one.team} {role}" if one.team else role


def _row(sighting: Sighting, probe: Probe, names: tuple[str, ...], effect: float) -> tuple[object, ...]:
    one, (width, height) = sighting.somebody, probe.window.size
    x1, y1, x2, y2 = one.box or (0.0, 0.0, 0.0, 0.0)
    box = (x1 * width, y1 * height, x2 * width, y2 * height)
    sample = probe.window.first + sighting.sample
    return (sample, names.index(_name(sighting)), one.confidence, *box, True, 0.0, effect)
