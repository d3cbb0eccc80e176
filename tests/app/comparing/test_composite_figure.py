"""The figure of an evaluation: three forms, all systems and classes named, no formula in a name."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.comparing.composite_figure import FigureSystem, composite_figure
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.confusion import confusion_matrix, confusions
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import paired_draws

CLASSES = load_classes()
TRUTH = [Spot(1, 60_000_000 * i, label) for i, label in enumerate(("Goal", "Foul", "Goal", "Corner"))]


def figure(form: str, *names: str) -> bytes:
    found = [Spot(s.half, s.time + 300_000, s.label, 0.9) for s in TRUTH]
    games = [[Game("g", TRUTH, found[: 4 - n])] for n in range(len(names))]
    draws = paired_draws(games, CLASSES.names, samples=20) if names else []
    matrix = confusion_matrix(confusions(games[0], CLASSES.names, 0.5) if names else [], CLASSES.names)
    systems = [FigureSystem(name, own) for name, own in zip(names, draws, strict=True)]
    truths = {"Goal": 2, "Foul": 1, "Corner": 1}
    return composite_figure(systems, matrix, truths, CLASSES, form, threshold=0.5, matches=1)


def test_each_form_is_what_its_name_says() -> None:
    picture = Image.open(io.BytesIO(figure("png", "A", "B")))
    assert picture.width > 1800  # as wide as a page of print
    assert figure("pdf", "A").startswith(b"%PDF-")
    assert b"<svg" in figure("svg", "A")[:2000]


def test_more_systems_make_more_of_it_and_names_are_text() -> None:
    one, two = (figure("svg", *names) for names in (("A",), ("A", "Costs $5 or \\frac $x_1$ " + "long " * 20)))
    assert len(two) > len(one)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(BadInputError, match="no such figure"):
        figure("gif", "A")
    with pytest.raises(BadInputError, match="no such figure"):
        figure("svg")
