"""Which format JSON is of, by what it is built of: which fields stand where, not how any program orders them."""

from __future__ import annotations

import io
from dataclasses import dataclass

import ijson

from spotting_core.base.nesting import check_json
from spotting_core.formats import (
    e2e_spot,
    labels_cameras,
    labels_game_state,
    labels_v1,
    labels_v2,
    osl,
    results_spotting,
    timeline_otio,
)

_MOST_EVENTS = 4000  # of a parser: some entries show how all are built
_PLAYERS = "this is a file of people and their places, and names no actions"

_PLACES = tuple(f"{rows}.item.{box}" for rows in ("annotations", "predictions") for box in ("bbox_image", "bbox_pitch"))


@dataclass(frozen=True)
class Shape:
    """What JSON is: the name of a format, or why it is none that holds spots."""

    form: str | None = None
    refusal: str = ""


def json_shape(head: bytes, where: object) -> Shape | None:
    """What JSON that begins so is; None where that cannot be told.

    Errors:
        BadInputError: it is nested too deeply.
    """
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return None
    check_json(head, where)
    places, labels = _places(head.removeprefix(b"\xef\xbb\xbf"))
    return _shape(places, labels)


def _places(head: bytes) -> tuple[set[str], set[str]]:
    """Paths of the values in it, and the labels of annotations."""
    places: set[str] = set()
    labels: set[str] = set()
    try:
        for number, (prefix, event, value) in enumerate(ijson.parse(io.BytesIO(head))):
            places.add(prefix)
            if event == "map_key":
                places.add(f"{prefix}.{value}".lstrip("."))
            if prefix == "annotations.item.label" and isinstance(value, str):
                labels.add(value.strip())
            if number >= _MOST_EVENTS:
                break
    except (ijson.JSONError, UnicodeDecodeError):  # it was cut off, or is damaged further on
        pass
    return places, labels


def _shape(places: set[str], labels: set[str]) -> Shape | None:
    def any_of(*paths: str) -> bool:
        return any(path in places for path in paths)

    if any_of("OTIO_SCHEMA"):
        return Shape(timeline_otio.FORM)
    if any_of("item.video"):
        return Shape(e2e_spot.FORM)
    if any_of("videos.item.path_video", "videos.item.path_features", "videos.item.annotations"):
        return Shape(osl.FIRST)
    if any_of("data.item.inputs", "data.item.events") or (any_of("data") and any_of("modalities", "version", "labels")):
        return Shape(osl.FORM)
    if any_of("info.action_class", "images.item.file_name", *_PLACES):
        return Shape(labels_game_state.FORM)
    if any_of("categories"):
        return Shape(refusal=_PLAYERS)
    if any_of("predictions"):
        return Shape(results_spotting.FORM)
    if any_of("annotations.item.change_type", "annotations.item.replay"):
        return Shape(labels_cameras.FORM)
    if any_of("annotations.item.gameTime") or (any_of("annotations.item.position", "annotations.item.half") and labels):
        first = bool(labels & set(labels_v1.NAMES)) and not any_of("annotations.item.position")
        return Shape(labels_v1.FORM if first else labels_v2.FORM)
    return None
