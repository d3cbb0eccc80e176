"""A data set: what people know of some matches at one moment, which stays as it is whatever they say later.

It holds of each match the hash of its content, the stretches that somebody has watched, what happens in them, what was
rejected, and the revisions of the reviews that said so. People name it, the hash of what it holds tells it from others,
and it lies in the data directory as ``data_sets/<id>.json``.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, NewerFormatError, TouchlineError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.spots import UNKNOWN, Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.media.fingerprint import joint_hash
from spotting_core.store.reviews import ACCEPTED, ADDED, MOVED

FORMAT = 1
LABELS = "labels"
ORIGINS = (LABELS, ACCEPTED, MOVED, ADDED)
"""Where spots are from: label files, and what reviewers did to those of models."""
LONGEST_NAME = 80
_ID = 16  # hexadecimal digits of its hash


@dataclass(frozen=True, order=True)
class KnownSpot:
    """A spot that is held to be true: ``origin`` is one of ``ORIGINS``, ``author`` who says so."""

    half: int
    time: int
    label: str
    origin: str
    author: str
    team: str = UNKNOWN

    @property
    def spot(self) -> Spot:
        return Spot(self.half, self.time, self.label, None, self.team)


@dataclass(frozen=True, order=True)
class RejectedSpot:
    """What a model has spotted and ``author`` holds not to be there."""

    half: int
    time: int
    label: str
    author: str


@dataclass(frozen=True)
class DataSetMatch:
    """What is known of a match.

    Arguments:
        path: where its videos lay; source_hash: of their content.
        lengths: microseconds of its halves, by number.
        watched: stretches of which everything is known.
        reviews: revision of every review that counts, by its id.
        disputed: sentences on what reviewers contradict each other about; those moments are not watched.
    """

    title: str
    path: str
    source_hash: str
    lengths: dict[str, int]
    watched: tuple[Stretch, ...]
    spots: tuple[KnownSpot, ...]
    rejected: tuple[RejectedSpot, ...] = ()
    reviews: dict[str, int] = field(default_factory=dict)
    disputed: tuple[str, ...] = ()

    @property
    def minutes(self) -> float:
        """That somebody has watched."""
        return sum(one.seconds for one in self.watched) / 60


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Arguments:
        author: who made it; made: when, ISO 8601 in UTC.
        id: hash of what it holds.
    """

    name: str
    author: str
    made: str
    matches: tuple[DataSetMatch, ...]
    id: str = ""
    format: int = FORMAT

    @cached_property
    def content_hash(self) -> str:
        """Hash of what it holds, whatever it is called."""
        return joint_hash([json.dumps([asdict(match) for match in self.matches], sort_keys=True)])[:_ID]

    @property
    def minutes(self) -> float:
        """That somebody has watched."""
        return sum(match.minutes for match in self.matches)

    def counts(self) -> dict[str, Counter[str]]:
        """How many spots there are of each class, by origin, the most frequent class first."""
        all_spots = [spot for match in self.matches for spot in match.spots]
        often = Counter(spot.label for spot in all_spots)
        return {
            label: Counter(spot.origin for spot in all_spots if spot.label == label)
            for label in sorted(often, key=lambda label: (-often[label], label))
        }

    def rejections(self) -> Counter[str]:
        """How many spots of each class were rejected."""
        return Counter(spot.label for match in self.matches for spot in match.rejected)

    def card(self) -> dict[str, Any]:
        """What it is, for people and machines: who, when, how many matches and minutes, spots per class by origin."""
        rejected, counts = self.rejections(), self.counts()
        return {
            "id": self.id,
            "name": self.name,
            "author": self.author,
            "made": self.made,
            "matches": len(self.matches),
            "minutes": round(self.minutes, 1),
            "spots": sum(count.total() for count in counts.values()),
            "rejected": rejected.total(),
            "disputed": sum(len(match.disputed) for match in self.matches),
            "classes": {
                label: {**{o: count[o] for o in ORIGINS if count[o]}, "rejected": rejected[label]}
                for label, count in (counts | {name: Counter() for name in rejected if name not in counts}).items()
            },
        }


class DataSets:
    """The data sets of a data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._folder = data.data_sets

    def all(self) -> list[DataSet]:
        """Those that can be read, the newest first."""
        return [one for one in self._opened() if isinstance(one, DataSet)]

    def damaged(self) -> list[TouchlineError]:
        """Why others cannot be read."""
        return [one for one in self._opened() if isinstance(one, TouchlineError)]

    def get(self, name: str) -> DataSet:
        """A data set by its name, or by the beginning of its id.

        Errors:
            BadInputError: there is none, several are meant, or it cannot be read.
        """
        known = self.all()
        meant = [one for one in known if one.name == name]
        meant = meant or [one for one in known if len(name) >= 4 and one.id.startswith(name)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise BadInputError(f"several data sets begin with {name!r}", fix="Give more of the id, or the name")
        for problem in self.damaged():
            raise problem
        names = ", ".join(one.name for one in known)
        fix = f"Known: {names}" if names else "Make one with touchline data-set freeze NAME"
        raise BadInputError(f"there is no data set {name!r}", fix=fix)

    def keep(self, data_set: DataSet) -> DataSet:
        """Keep a new data set; gives it its id.

        Errors:
            BadInputError: a name that cannot be or is taken, nothing in it, or one that holds the same.
        """
        check_name(data_set.name)
        if not any(match.watched for match in data_set.matches):
            fix = "Label a match, judge spots in the Match view, or say of clips that nothing happens in them"
            raise BadInputError("there is nothing to learn from: nobody has watched anything", fix=fix)
        made = replace(data_set, id=data_set.content_hash)
        for other in self.all():
            if other.name == made.name:
                fix = "Give another name; a data set stays as it is"
                raise BadInputError(f"there is a data set {made.name!r} already", fix=fix)
            if other.id == made.id:
                what = f"nothing was said since the data set {other.name!r} of {other.made[:16]} UTC was frozen"
                raise BadInputError(what, fix="Use that one")
        write_json(self._folder / f"{made.id}.json", asdict(made))
        return made

    def _opened(self) -> list[DataSet | TouchlineError]:
        opened: list[DataSet | TouchlineError] = []
        for path in sorted(self._folder.glob("[!.]*.json")):
            try:
                opened.append(_read(path))
            except TouchlineError as error:
                opened.append(error)
        return sorted(opened, key=lambda one: one.made if isinstance(one, DataSet) else "", reverse=True)


def check_name(name: str) -> None:
    """Refuse a name that no data set can have.

    Errors:
        BadInputError: see above.
    """
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise BadInputError(f"a data set needs a name of 1 to {LONGEST_NAME} characters on one line")


def _read(path: Path) -> DataSet:
    content = read_json(path, "data set")
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormatError(path, version, FORMAT)
    try:
        data_set = validated(DataSet, content)
    except InvalidContentError as error:
        raise BadInputError(f"this data set is damaged ({error})", where=path, fix="Freeze another one") from error
    if data_set.content_hash != data_set.id:
        what = "this data set is no longer what was frozen: somebody has changed the file"
        raise BadInputError(what, where=path, fix="Freeze another one")
    return data_set
