"""What a format of labels and predictions is: its files, whether it reads and writes, and what it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spotting_core.formats.document import Options

SPOTS, SHOTS = "spots", "shots"

ReadMatches = Callable[[Path, Options], Iterator[Any]]
WriteMatches = Callable[[Path, Iterable[Any], Options], int]


@dataclass(frozen=True)
class Format:
    """One format.

    Arguments:
        name: as on the command line; title: for people.
        patterns: names of its files, the first that of a new file in a folder.
        suffix: ending of a new file; mime: its type for a download.
        kind: ``spots`` or ``shots``.
        read, write: matches of a path, or None where it cannot.
        confidence, team, visibility: whether it carries them.
        resolution: the finest time it tells.
        many: whether one file holds many matches.
        sign: text that only its files have near the start.
        plain: whether it is plain text, which does not say its encoding.
        inside: names of its files that are read of a folder or zip: all of them where ``many``, else the first that is
            there. A format of another package may read any.
    """

    name: str
    title: str
    patterns: tuple[str, ...]
    suffix: str
    mime: str
    read: ReadMatches | None
    write: WriteMatches | None
    confidence: bool
    team: bool
    visibility: bool
    resolution: str
    kind: str = SPOTS
    many: bool = False
    sign: str = ""
    plain: bool = False
    inside: tuple[str, ...] = ("*",)

    @property
    def reads(self) -> bool:
        return self.read is not None

    @property
    def writes(self) -> bool:
        return self.write is not None
