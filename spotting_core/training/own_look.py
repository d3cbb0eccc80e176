"""How far the matches that a model was trained with look from it (``inference.look``), for its card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from spotting_core.inference.look import LOOK, look_of, own_look, stored_pictures
from spotting_core.models.card import Card, write_card
from spotting_core.models.load import load_model
from spotting_core.samples.labelled import LabelledMatch

LEAST, MOST = 5, 60
"""Matches without which a 95th percentile says nothing, and of which as many are looked at, evenly chosen."""


def with_own_look(
    folder: Path, matches: Sequence[LabelledMatch], names: str, notice: Callable[[str], None] = lambda _: None
) -> Card:
    """Put what unlikeness is usual for a trained model on its card, and return the card.

    It stays as it is of a model that looks at no pictures or has no statistics, and where there are too few matches.

    Arguments:
        matches: those that the model was trained with and chosen by, with their pictures as it reads them.
        names: what they are called, for the card.
    """
    model = load_model(folder)
    shown = [
        stored
        for match in matches
        if (stored := [half.samples.pictures for half in match.halves if half.samples.pictures is not None])
    ]
    if not shown or look_of(model, stored_pictures(shown[0])) is None:
        return model.card
    if len(shown) < LEAST:
        few = f"that takes {LEAST} matches, it was trained with {len(shown)}"
        notice(f"Which look is usual for it is not measured: {few}")
        return model.card
    notice("Measuring which look is usual for it")
    chosen = [shown[int(k)] for k in np.linspace(0, len(shown) - 1, min(MOST, len(shown)))]
    looks = [look for stored in chosen if (look := look_of(model, stored_pictures(stored))) is not None]
    own = own_look([look.unlikeness for look in looks], names)
    card = replace(model.card, training={**model.card.training, LOOK: own})
    write_card(folder, card)
    return card
