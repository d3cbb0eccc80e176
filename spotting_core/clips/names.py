"""Names of exported files, made from a pattern: ``{number}_{class}_{time}`` gives ``03_corner_12-43.mp4``."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from spotting_core.base.errors import BadInputError
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import UNSAFE, Footage, Sources, plain_name

FIELDS = ("number", "match", "class", "team", "time", "part", "caption")
"""What a file's name can be made of."""
REEL_FIELDS = ("match", "clips")
"""The same for the one file of a reel; ``clips`` is how many there are."""

REEL = "reel"
_PATTERN, _OF_SEVERAL = "{number}_{class}_{time}", "{number}_{match}_{class}_{time}"
_LONGEST = 120  # letters of a name, which with its ending every file system takes


def check_pattern(pattern: str, reel: bool) -> None:
    """Refuse a pattern of which no name can be made.

    Errors:
        BadInputError: a field is not known, a brace is left open, or nothing of it would be left in a name.
    """
    known = REEL_FIELDS if reel else FIELDS
    fix = "Fields: " + ", ".join(f"{{{name}}}" for name in known)
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise BadInputError(f"no name can be made of {pattern!r} ({error})", fix=fix) from error
    for _, field, form, conversion in parts:
        if field is not None and (field not in known or form or conversion):
            raise BadInputError(f"there is no field {{{field}}} for a name", fix=fix)
    if not any(field is not None or plain_name(text) for text, field, _, _ in parts):
        raise BadInputError(f"nothing of {pattern!r} can stand in a file's name", fix=fix)


def clip_name(pattern: str, number: int, count: int, clip: Clip, sources: Sources) -> str:
    """Name of a clip's file without its ending.

    Arguments:
        pattern: checked; empty for the usual one.
        number: of the clip from 1, of ``count``.
    """
    pattern = pattern or (_OF_SEVERAL if len(sources.footage) > 1 else _PATTERN)
    return _filled(pattern, _values(number, count, clip, sources.of(clip))) or f"{number:02d}"


def reel_name(pattern: str, count: int, sources: Sources) -> str:
    """Name of a reel's file without its ending."""
    return _filled(pattern or REEL, {"match": sources.titles, "clips": str(count)}) or REEL


def _values(number: int, count: int, clip: Clip, footage: Footage) -> dict[str, str]:
    return {
        "number": f"{number:0{max(2, len(str(count)))}d}",
        "match": footage.title,
        "class": footage.short(clip.label),
        "team": footage.teams.get(clip.team, ""),
        "time": footage.clock(clip).replace(":", "-"),
        "part": footage.classes.parts.title(clip.half),
        "caption": clip.caption,
    }


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    """The pattern with plain values; what separates an empty one from its neighbours goes with it."""
    name = ""
    for text, field, _, _ in Formatter().parse(pattern):
        name += UNSAFE.sub("-", text).lower()
        if field is not None:
            value = plain_name(values[field])
            name = name + value if value else name.rstrip("_-")
    return name.strip("_-")[:_LONGEST].rstrip("_-")
