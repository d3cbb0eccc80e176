"""Entity ablation: what the score would be if the finder had not found the ball, the card, the referee …

All entities of one name near the anchor are taken out of the set and the model is run again. The picture
stays, and with it the environment's features, so what is measured is the entity branch alone.
"""

from __future__ import annotations

import time

import numpy as np

from explain.attribution import ENTITY, ENTITY_ROW, Attribution
from explain.entity_attention import entity_rows
from explain.given import Given, run, score_at
from spotting_core.models.load import LoadedModel

NAME = "entity-ablation"
SPAN = 8  # samples to either side of the anchor


def without_entity(given: Given, entity: int, samples: list[int]) -> Given:
    """The window without the entities of one name in some samples."""
    if given.entities is None:
        return given
    share = given.entities.share.clone()
    part = share[:, samples]
    part[given.entities.entity[:, samples] == entity] = 0
    share[:, samples] = part
    return given.with_entities(given.entities.with_share(share))


def explain(model: LoadedModel, given: Given, label: str, *, span: int = SPAN) -> Attribution:
    """One row per entity name near the anchor: its heaviest region, and the score's change without all of it.

    ``effect`` is the score without minus the score with: negative where the entity speaks for the class.
    Rows come in the order of the size of their effect.
    """
    began = time.perf_counter()
    column = model.classes.index(label)
    whole = run(model, given)
    score = score_at(whole, given, column)
    near = [i for i in range(given.anchor - span, given.anchor + span + 1) if 0 <= i < len(given.times)]
    rows = entity_rows(given, whole)
    rows = rows[np.isin(rows["sample"] - given.first, near)]
    found = []
    for entity in np.unique(rows["entity"]):
        without = run(model, without_entity(given, int(entity), near), pooled=whole.pooled)
        row = _heaviest(rows[rows["entity"] == entity], given.first + given.anchor)
        row["effect"] = score_at(without, given, column) - score
        found.append(row)
    table = np.array(found, ENTITY_ROW)
    table = table[np.argsort(-np.abs(table["effect"]), kind="stable")]
    nobody = score_at(run(model, _without_all(given, near), pooled=whole.pooled), given, column)
    reach = float(np.abs(table["effect"]).max(initial=1e-6))
    return Attribution(
        method=NAME,
        model=model.card.name,
        half=given.half,
        label=label,
        anchor=int(given.times[given.anchor]),
        baseline=f"entities of one name taken out of the set within {span} samples of the anchor",
        held_fixed="the picture and the environment features",
        kind=ENTITY,
        values=table,
        times=given.times,
        score=score,
        score_baseline=nobody,
        scale=(-reach, reach),
        seconds=time.perf_counter() - began,
        entities=given.table.names if given.table else (),
    )


def _heaviest(rows: np.ndarray, anchor: int) -> np.ndarray:
    """The region of most weight, at the anchor's own sample if there is one."""
    own = rows[rows["sample"] == anchor]
    pool = own if len(own) else rows
    return pool[int(np.argmax(pool["weight"]))].copy()


def _without_all(given: Given, samples: list[int]) -> Given:
    if given.entities is None:
        return given
    share = given.entities.share.clone()
    share[:, samples] = 0
    return given.with_entities(given.entities.with_share(share))
