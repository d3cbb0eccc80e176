"""What clips are cut from and drawn with: the footage of one match, or of several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.clips.drawing import Look
from spotting_core.clips.selection import Clip
from spotting_core.domain.classes import ClassTable
from spotting_core.media.ingest import Media

UNSAFE = re.compile(r"[^\w+-]+")
"""What no part of a file's name may hold."""


@dataclass(frozen=True)
class Footage:
    """What the clips of one match are cut from.

    Arguments:
        media: video of each half; none where the match cannot be opened.
        classes: for colours, short names and the formats of other programs.
        title: of the match, for title cards and the manifest; teams: names of home and away.
        analysis: whose map and boxes can be drawn, or None.
        problem: why the match cannot be opened, as a sentence; its clips fail with it, and no others do.
    """

    media: Mapping[int, Media]
    classes: ClassTable
    title: str = ""
    teams: Mapping[str, str] = field(default_factory=dict)
    analysis: Analysis | None = None
    problem: str = ""

    def half(self, number: int) -> Media:
        """The video of a half.

        Errors:
            BadInputError: there is none, or the match cannot be opened.
        """
        if self.problem:
            raise BadInputError(self.problem.rstrip("."))
        if number not in self.media:
            raise BadInputError(f"this match has no video of {self.classes.parts.title(number)}")
        return self.media[number]

    def clock(self, clip: Clip) -> str:
        """Match time of a clip's spot, or of the start of a mark, for people."""
        media = self.media.get(clip.half)
        rate = media.table.frame_rate if media is not None else None
        total = len(self.media) or None
        return self.classes.parts.match_clock(clip.half, clip.moment, total=total, rate=rate)

    def short(self, label: str) -> str:
        """Short name of a class, or the label itself where it is none."""
        return self.classes.get(label).short if label in self.classes else label

    def caption(self, clip: Clip) -> str:
        """What a clip is called on its picture and its card: by its coach, else by class and team."""
        team = self.teams.get(clip.team, "")
        return clip.caption or ", ".join(filter(None, [self.short(clip.label), team]))


@dataclass(frozen=True)
class Sources:
    """What the clips of an export are cut from and drawn with.

    Arguments:
        footage: of each match, by the name that the clips have for it.
        look: fonts and heat scale.
    """

    footage: Mapping[str, Footage]
    look: Look

    @classmethod
    def of_one(cls, footage: Footage, look: Look) -> Sources:
        """Those of clips that name no match."""
        return cls({"": footage}, look)

    def of(self, clip: Clip) -> Footage:
        """The footage of a clip's match.

        Errors:
            BadInputError: the match is not among the sources.
        """
        if clip.match not in self.footage:
            raise BadInputError("the match of this clip is not known", fix="Choose the clips again")
        return self.footage[clip.match]

    @property
    def titles(self) -> str:
        """The match, or how many there are, for people."""
        titles = [f.title for f in self.footage.values()]
        return titles[0] if len(titles) == 1 else f"{len(titles)} matches"


def plain_name(text: str) -> str:
    """A text as part of a file's name: small letters, digits, and hyphens for all that could hurt."""
    return UNSAFE.sub("-", text).strip("-").lower()
