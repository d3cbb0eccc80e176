"""What is said of a model that is used on another kind of picture than it was trained on, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spotting_core.base.errors import printable
from spotting_core.media.source import MatchSource
from spotting_core.models.card import ADAPTED, SIMULATED, Card
from spotting_core.tasks.registry import layer_task

if TYPE_CHECKING:  # it needs torch, without which this is told
    from spotting_core.inference.look import Look


_LONGEST_NAME = 200  # characters of a model's


def domain_notice(card: Card, source: MatchSource, look: Look | None = None) -> str | None:
    """What a user must know when a model is used on another kind of picture than it was trained on."""
    unlike = look.sentence(card.name) if look is not None else None
    if ADAPTED in card.training:
        unlike = _of_adapted(card, source) or unlike
    if card.domain != SIMULATED or source.simulated:
        return unlike
    notice = (
        f"{card.name} was trained on rendered matches only. On other footage its {layer_task(card.task).noun} are a "
        "demonstration, not a measurement."
    )
    return f"{notice} {unlike}" if unlike else notice


def _of_adapted(card: Card, source: MatchSource) -> str | None:
    from spotting_core.inference.look import Look

    adapted, parent = card.training[ADAPTED], card.training.get("parent")
    if not isinstance(adapted, Mapping) or adapted.get("match") != printable(source.fixture.title):
        return None  # what it says is of another match
    before = Look.before_adapting(card)
    name = printable(str(parent.get("name")))[:_LONGEST_NAME] if isinstance(parent, Mapping) else card.name
    return before.sentence_of_adapted(name) if before is not None else None
