"""What the data directory takes, and clearing what can be made again.

Sources lie elsewhere and are never touched; nor are reviewed work, uploaded labels, imported predictions and the
database, which are counted but not among what can be cleared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import locked

UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Kind:
    """One kind of what lies there.

    Arguments:
        name: as users write it; title: as they read it.
        places: patterns below the data directory; a folder counts with all it holds.
        again: what it costs to make again, or None for what is never cleared.
    """

    name: str
    title: str
    places: tuple[str, ...]
    again: str | None = None


KINDS = (
    Kind("copies", "Copies of videos for the browser", ("media/*/playback.*",), "made when the match is opened"),
    Kind(
        "frames",
        "Frames, found entities and features kept for training",
        tuple(f"media/*/{name}-*" for name in ("frames", "samples", "entities", "features", "thumbnails", "layer")),
        "made by the next training run",
    ),
    Kind("explanations", "Explanations and answers", ("explanations/*",), "made when a spot is looked at"),
    Kind(
        UNFINISHED,
        "Analyses that were stopped",
        ("analyses/*/.*.unfinished", "analyses/*/.*.replaced"),
        "the analysis begins anew",
    ),
    Kind(
        "damaged",
        "Damaged analyses that were put aside",
        ("analyses/*/.*.damaged-*",),
        "nothing, where the match was analysed anew",
    ),
    Kind("analyses", "Analyses", ("analyses/*/[!.]*",), "an analysis of the match"),
    Kind("blank", "Matches that were opened without an analysis", ("blank/*",), "made when the match is opened"),
    Kind("exports", "Clips exported from the app", ("exports/*",), "another export"),
    Kind("downloads", "Models of others on their way", ("downloads/*",), "fetched again"),
    Kind("trainings", "Trainings that were stopped", ("trainings/*",), "the training begins anew"),
    Kind("players", "Players on the pitch", ("players/*",), "made when the minimap is switched on"),
    Kind("search", "Spots as they are searched", ("search/*",), "made when the Search view is opened"),
    Kind("uploads", "Uploaded labels and imported predictions", ("uploads/*", "imports/*")),
    Kind("data-sets", "Data sets", ("data_sets/*",)),
    Kind("models", "Models that were added, or trained in the app", ("models/*",)),
    Kind("database", "Library, jobs, reviews and selections", ("touchline.db*",)),
)


@dataclass(frozen=True)
class Use:
    """How much of a kind there is: files and bytes."""

    kind: Kind
    files: int
    size: int


def measure(data: DataDirectory) -> list[Use]:
    """What every kind takes, and last what is none of them."""
    uses, counted = [], 0
    for kind in KINDS:
        sizes = [size for place in _places(data, kind) for size in _sizes(place)]
        uses.append(Use(kind, len(sizes), sum(sizes)))
        counted += sum(sizes)
    everything = list(_sizes(data.root)) if data.root.is_dir() else []
    other = Kind("other", "Time tables, posters, hashes and logs", ())
    return [*uses, Use(other, max(0, len(everything) - sum(u.files for u in uses)), max(0, sum(everything) - counted))]


def clear(data: DataDirectory, names: Sequence[str]) -> int:
    """Delete all of some kinds; returns the bytes that came free. An analysis that is being made is left alone.

    Errors:
        BadInputError: an unknown kind, or one that cannot be made again; nothing is deleted then.
    """
    clearable = {kind.name: kind for kind in KINDS if kind.again is not None}
    wrong = [name for name in names if name not in clearable]
    if wrong:
        known = ", ".join(clearable)
        raise BadInputError(f"{wrong[0]!r} is nothing that can be cleared", fix=f"What can: {known}")
    freed = 0
    for name in names:
        for place in _places(data, clearable[name]):
            freed += _removed_unfinished(place) if name == UNFINISHED else _removed(place)
    return freed


def _removed(place: Path) -> int:
    size = sum(_sizes(place))
    shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)
    return size


def _removed_unfinished(place: Path) -> int:
    """Remove what is left of an analysis unless somebody holds it (``analyse.put_in_place``); bytes that came free."""
    analysis = place.name.removeprefix(".").rpartition(".")[0]
    try:
        with locked(place.with_name(f".{analysis}.lock"), wait=False):
            return _removed(place)
    except Timeout:
        return 0


def _places(data: DataDirectory, kind: Kind) -> Iterator[Path]:
    for pattern in kind.places:
        yield from sorted(place for place in data.root.glob(pattern) if not place.is_symlink())


def _sizes(place: Path) -> Iterator[int]:
    """Sizes of the files in a place; links are not followed, and files that vanish meanwhile do not count."""
    files = (p for p in place.rglob("*") if not p.is_symlink()) if place.is_dir() else (place,)
    for path in files:
        try:
            if path.is_file():
                yield path.stat().st_size
        except OSError:
            continue


def size_text(size: float) -> str:
    """A size for people: 1.2 GB, 340 MB, 12 kB; what is there takes at least 1 kB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}" if size < 10 * factor else f"{size / factor:.0f} {unit}"
    return f"{max(size / 1e3, 1 if size else 0):.0f} kB"
