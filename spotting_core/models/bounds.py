"""What the settings and the card of a model may say, whatever its system: sizes that a machine can hold, and names.

A card comes from anywhere. What it asks for is looked at before memory is taken for it, and a name on it is one of a
list or of a file beside it: nothing is fetched that it names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # they ask this module
    from spotting_core.models.card import Card, CardInput
    from spotting_core.models.registry import SystemConfig

LARGEST = 1 << 16
"""The greatest whole number that a setting may be: samples of a window, numbers a sample, pixels of a side."""
FASTEST = 1000.0
"""Samples a second that no model reads more of, and no analysis has more of."""
LONGEST_NAME = 200
"""Characters of a name."""

_MOST = {
    **dict.fromkeys(("layers", "depth", "depths", "temporal_depth", "multiplier"), 64),
    **dict.fromkeys(("heads", "stage_heads", "temporal_heads"), 64),
    "levels": 16, "detections": 4096, "width": 8192, "height": 8192,
}  # fmt: skip
_LEAST = dict.fromkeys(("window", "dim", "width", "height", "heads"), 1)
_LARGEST_NUMBER = 1e6
_MOST_ENTRIES = 10_000
_SHARES = ("dropout", "head_dropout")


def problem_of(config: SystemConfig) -> str:
    """What is wrong with a system's configuration, in a clause; empty where nothing is."""
    values = {f.name: getattr(config, f.name) for f in fields(config)}
    return next(_problems(values), "")


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    classes, rate = values.get("classes", ()), values.get("rate", 1.0)
    if len(set(classes)) != len(classes) or not all(str(c).strip() for c in classes):
        yield "classes holds a name twice, or one that is empty"
    if not 0 < rate <= FASTEST:
        yield f"rate must be above 0 and at most {FASTEST:g}, not {rate!r}"
    if "width" in values and "height" in values and values["width"] * values["height"] > LARGEST * 256:
        yield "width and height make a picture of more than 16 megapixels"
    for name, value in values.items():
        yield from _value_problems(name, value)


def _value_problems(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        if not _LEAST.get(name, 0) <= value <= _MOST.get(name, LARGEST):
            yield f"{name} must be {_LEAST.get(name, 0)} to {_MOST.get(name, LARGEST)}, not {value}"
    elif isinstance(value, float):
        if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
            yield f"{name} must be a number up to {_LARGEST_NUMBER:g}, not {value}"
        elif name in _SHARES and not 0 <= value < 1:
            yield f"{name} must be from 0 and below 1, not {value}"
        elif name == "suppression" and value < 0:
            yield f"{name} must not be below 0, not {value}"
    elif isinstance(value, str):
        if not is_name(value) and name != "classes":
            yield f"{name} is no name: {value[:LONGEST_NAME]!r}"
    elif isinstance(value, list | tuple):
        if len(value) > _MOST_ENTRIES:
            yield f"{name} has {len(value)} entries, at most {_MOST_ENTRIES} make sense"
        for one in value:
            yield from _class_problems(one) if name == "classes" else _value_problems(name, one)


def _class_problems(name: object) -> Iterator[str]:
    if len(str(name)) > LONGEST_NAME or not is_text(str(name)):
        yield f"classes holds {str(name)[:40]!r}, which is no name"


def is_text(text: str) -> bool:
    """Whether every file, terminal and line can hold a text: it has no signs that steer one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def is_name(text: str) -> bool:
    """Whether a text is the name of a table, a network or a kind of something: no path and no address."""
    return is_text(text) and len(text) <= LONGEST_NAME and not any(c in text for c in "/\\:") and ".." not in text


def card_problem(card: Card) -> str:
    """What is wrong with what a card says beside its configuration, in a clause; empty where nothing is."""
    return next(_card_problems(card), "")


def _card_problems(card: Card) -> Iterator[str]:
    for field in ("name", "system", "task", "domain", "class_table"):
        text = getattr(card, field)
        short = len(text) <= LONGEST_NAME and is_text(text)
        if not text or not short or (field != "name" and not is_name(text)):
            yield f"{field} is no name: {text[:40]!r}"
    if not card.classes or len(set(card.classes)) != len(card.classes) or len(card.classes) > _MOST_ENTRIES:
        yield "classes is empty, has a name twice, or more than make sense"
    for name in card.classes:
        yield from _class_problems(name)
    least = 0 if "members" in card.config else 1  # an average of models has no window of its own
    if not least <= card.window <= LARGEST:
        yield f"window must be 1 to {LARGEST}, not {card.window}"
    yield from _input_problems(card.input)
    if card.entities is not None:
        yield from _entity_problems(card.entities)


def _entity_problems(entities: Mapping[str, Any]) -> Iterator[str]:
    for field in ("model", "sha256", "prompts", "vision_model"):
        text = entities.get(field)
        if text is not None and (not isinstance(text, str) or not is_text(text)):
            yield f"entities.{field} is no text"
        elif text is None and field in ("model", "sha256"):
            yield f"entities does not say its {field}"
    names = entities.get("names", [])
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        yield "entities.names is no list of names"


def _input_problems(read: CardInput) -> Iterator[str]:
    if not 0 < read.rate <= FASTEST:
        yield f"input.rate must be above 0 and at most {FASTEST:g}, not {read.rate}"
    if read.size is not None and not all(1 <= side <= _MOST["width"] for side in read.size):
        yield f"input.size must be 1 to {_MOST['width']} pixels a side, not {list(read.size)}"
    if read.dim is not None and not 1 <= read.dim <= LARGEST:
        yield f"input.dim must be 1 to {LARGEST}, not {read.dim}"
    for name in ("mean", "std"):
        values = getattr(read, name)
        if values is not None and (len(values) != 3 or not all(math.isfinite(v) for v in values)):
            yield f"input.{name} must be three numbers"
    if read.std is not None and not all(v > 0 for v in read.std):
        yield "input.std must be above 0"
    if len(read.sets) > 64:
        yield f"input.sets has {len(read.sets)} sets"
