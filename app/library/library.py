"""The library: which matches there are, where their analyses lie, and how they came in.

Matches are added by path, only below the configured roots. What is known of a match is in the store; its
analyses are found by content hash, so a match that was moved keeps them.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from app.library.roots import names_of_roots, source_of
from app.library.video_reading import VIDEOS
from app.settings import DEMO, Settings
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.layers import DamagedLayer, Layers, open_layer, used_first
from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, cannot_write, printable
from spotting_core.base.files import read_json
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats import labels_v2, recognition, registry
from spotting_core.formats.document import Document, Options
from spotting_core.formats.format import Format
from spotting_core.media.source import MatchSource, check_parts, open_match
from spotting_core.preflight.finding import Finding
from spotting_core.preflight.match import check_spots
from spotting_core.store.chosen_models import ChosenModel, ChosenModels
from spotting_core.store.database import Database
from spotting_core.store.match_labels import labels_of_match
from spotting_core.store.tables import MatchRow
from spotting_core.tasks.spotting import SPOTTING

DEMO_ANALYSIS = DEMO / "analysis"
_LONGEST_NAME = 100  # characters of an uploaded file's name that are kept
_OUTSIDE = "this path is not below a library folder, or there is nothing there"


@dataclass(frozen=True)
class Match:
    """A match of the library."""

    id: str
    path: Path
    title: str
    home: str | None
    away: str | None
    score: str | None
    date: str | None
    league: str | None
    source_hash: str | None
    duration: int | None
    has_uploaded_labels: bool
    error: str | None

    @property
    def is_demo(self) -> bool:
        return self.path == DEMO


def _match(row: MatchRow) -> Match:
    return Match(
        id=row.id,
        path=Path(row.path),
        title=row.title,
        home=row.home,
        away=row.away,
        score=row.score,
        date=row.date,
        league=row.league,
        source_hash=row.source_hash,
        duration=row.duration,
        has_uploaded_labels=row.labels is not None,
        error=row.error,
    )


Chosen = Mapping[str, ChosenModel]
"""Models that are chosen for a match, by task."""


def layers_of(
    source_hash: str | None, path: Path, data: DataDirectory, chosen: Chosen, task: str | None = None
) -> list[Analysis]:
    """Complete analyses of the match at a path, those of spotting first and of each task the one first that is used
    (``used_first``).

    Arguments:
        source_hash: of the match's content, or None if it is not known.
        task: the only one whose analyses are wanted; those of all where None.
    """
    shipped = open_layer(DEMO_ANALYSIS) if path == DEMO and task in (None, SPOTTING.name) else None
    layers = [] if shipped is None else [shipped]
    layers += Layers(data, source_hash).all(task) if source_hash else []
    ordered = used_first(layers, {name: model.key for name, model in chosen.items()})
    return sorted(ordered, key=lambda layer: layer.record.task != SPOTTING.name)


def gone_choice(layers: Sequence[Analysis], chosen: Chosen, task: str = SPOTTING.name) -> str | None:
    """A word about a chosen model of which there is no analysis any more; None where there is one, or none is chosen.

    Arguments:
        layers: of the match, as ``layers_of`` gives them.
    """
    model, own = chosen.get(task), [layer.record for layer in layers if layer.record.task == task]
    if model is None or not own or own[0].identity.key == model.key:
        return None
    return (
        f"{model.name}, which was chosen for this match, has no analysis of it any more; "
        f"{own[0].model['name']} is used instead."
    )


class Library:
    """The matches of one database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._chosen = ChosenModels(database)

    # --- finding ------------------------------------------------------------------------------------------

    def matches(self) -> list[Match]:
        """All matches, the latest added first; the demo is there from the start."""
        with self._database.reading() as session:
            rows = list(session.scalars(select(MatchRow).order_by(MatchRow.added.desc())))
        if not any(Path(r.path) == DEMO for r in rows) and DEMO.is_dir():
            return [*(_match(r) for r in rows), self._register(open_match(DEMO))]
        return [_match(r) for r in rows]

    def get(self, match_id: str) -> Match | None:
        with self._database.reading() as session:
            row = session.get(MatchRow, match_id)
            return _match(row) if row else None

    def source(self, match: Match) -> MatchSource:
        """The videos and labels of a match, as they are now.

        Errors:
            BadInputError: they are gone, or lead out of the library folders (see ``source_of``).
        """
        return source_of(match.path, self._settings.roots)

    def demo(self) -> Match | None:
        """The bundled match."""
        return next((m for m in self.matches() if m.is_demo), None)

    def analyses(self, match: Match, task: str = SPOTTING.name) -> list[Analysis]:
        """Complete analyses of a match for a task, the one that is used first; damaged ones are left out."""
        return layers_of(match.source_hash, match.path, self._settings.data, self.chosen(match), task)

    def layers(self, match: Match) -> list[Analysis]:
        """Complete analyses of a match for every task, those of spotting first and of each task the one that is used
        first."""
        return layers_of(match.source_hash, match.path, self._settings.data, self.chosen(match))

    def layer_folders(self, match: Match) -> frozenset[Path]:
        """Where the analyses of a match lie that were made here; changes when one comes or goes."""
        return Layers(self._settings.data, match.source_hash).folders() if match.source_hash else frozenset()

    def chosen(self, match: Match) -> Chosen:
        """The models that are chosen for a match, by task."""
        return self._chosen.of_match(match.id)

    def choose(self, match: Match, analysis: Analysis) -> None:
        """Use the model of an analysis for its task, wherever one model of the match is meant."""
        record = analysis.record
        self._chosen.choose(match.id, record.task, ChosenModel(record.identity.key, str(record.model["name"])))

    def damaged(self, match: Match, task: str = SPOTTING.name) -> list[DamagedLayer]:
        """Analyses of a match for a task that cannot be read, the newest first, and those of which nobody knows the
        task."""
        if not match.source_hash:
            return []
        layers = Layers(self._settings.data, match.source_hash).damaged()
        return [layer for layer in layers if layer.task in (None, task)]

    def put_aside(self, match: Match, folders: Iterable[Path]) -> None:
        """Have damaged analyses of a match looked at no longer, before it is analysed anew.

        Errors:
            BadInputError: one cannot be moved.
        """
        for folder in folders:
            Layers(self._settings.data, match.source_hash or "").put_aside(folder)

    def truth(self, match: Match) -> list[Spot]:
        """True spots: uploaded ones, else the label file beside the video, else none.

        Errors:
            BadInputError: there are labels and they are broken.
        """
        return self.labels(match) or []

    def labels(self, match: Match) -> list[Spot] | None:
        """The same, or None where nobody has labelled the match.

        Errors:
            BadInputError: see ``truth``.
        """
        with self._database.reading() as session:
            row = session.get(MatchRow, match.id)
            uploaded = row.labels if row else None
        return labels_of_match(uploaded, self.source(match))

    # --- changing -----------------------------------------------------------------------------------------

    def resolve(self, text: str) -> Path:
        """A path typed by a user, below one of the roots (symbolic links followed).

        Errors:
            BadInputError: outside, or nothing there; one sentence for both, so that nothing outside is told.
        """
        fix = names_of_roots(self._settings.roots)
        if not text.strip() or "\x00" in text:
            raise BadInputError(_OUTSIDE, where=text.strip() or "empty path", fix=fix)
        for root in self._settings.roots:
            try:
                path = (root / Path(text.strip()).expanduser()).resolve(strict=True)
            except (OSError, RuntimeError):
                continue
            if path.is_relative_to(root):
                return path
        raise BadInputError(_OUTSIDE, where=text.strip(), fix=fix)

    def open(self, text: str, classes: ClassTable | None = None) -> MatchSource:
        """The match at a typed path, all of whose videos lie below a root too: links out of it are not followed.

        Arguments:
            classes: table that says how many parts a match has; the default one where not given.

        Errors:
            BadInputError: outside, no match, more parts than one has, or a name that no database can hold.
        """
        source = source_of(self.resolve(text), self._settings.roots)
        check_parts(source, (classes or load_classes()).parts)
        for half in source.halves:
            self.resolve(str(half.path))
        try:
            str(source.path).encode()
        except UnicodeEncodeError as error:
            raise BadInputError(
                "this name holds characters that are no letters", where=source.path, fix="Rename it"
            ) from error
        return source

    def add(self, text: str, classes: ClassTable | None = None) -> Match:
        """Add a match by a typed path; one that is there already is returned.

        Arguments:
            classes: see ``open``.

        Errors:
            BadInputError: not below a root, no match, too many parts, or a video that cannot be read.
        """
        source = self.open(text, classes)
        with self._database.reading() as session:
            row = session.scalar(select(MatchRow).where(MatchRow.path == str(source.path)))
            if row is not None:
                return _match(row)
        return self._register(source)

    def _register(self, source: MatchSource) -> Match:
        media = [VIDEOS.ingest(half.path, self._settings.data) for half in source.halves]
        VIDEOS.make_poster(media[0])
        fixture = source.fixture
        row = MatchRow(
            id=uuid.uuid4().hex,
            path=str(source.path),
            title=fixture.title,
            home=fixture.home,
            away=fixture.away,
            score=fixture.score,
            date=fixture.date,
            league=fixture.league,
            source_hash=source.content_hash(self._settings.data),
            duration=sum(m.table.duration for m in media),
        )
        with self._database.session() as session:
            existing = session.scalar(select(MatchRow).where(MatchRow.path == row.path))
            if existing is not None:
                return _match(existing)
            session.add(row)
        return _match(row)

    def remove(self, match: Match) -> None:
        """Take a match out of the library; its files and analyses stay where they are."""
        with self._database.session() as session:
            row = session.get(MatchRow, match.id)
            if row is not None:
                session.delete(row)

    def upload_labels(self, match: Match, name: str, content: bytes) -> int:
        """Take true spots from an uploaded label file of any format; returns how many.

        Errors:
            BadInputError: not such a file, an unknown class, or times beyond the end of the match.
        """
        return self.take_labels(match, name, self.read_labels(self.source(match), name, content))

    def take_labels(self, match: Match, name: str, labels: Document) -> int:
        """Take true spots from labels that were read; returns how many.

        Errors:
            BadInputError: times beyond the end of the match.
        """
        # An action from before the first frame is put on it.
        spots = [replace(s, time=max(0, s.time), confidence=None, source=TRUTH) for s in labels.sorted_spots]
        parts = load_classes().parts
        lengths = self.lengths(self.source(match))
        for spot in spots:
            if spot.time > lengths.get(spot.half, -1):
                raise BadInputError(
                    f"{spot.label} at {spot.seconds:.1f} s of {parts.title(spot.half)} lies past the end of this match",
                    where=name,
                    fix=f"Check that these labels belong to this match, and that its {parts.plural} are in order",
                )
        packed = json.dumps([{k: getattr(s, k) for k in s.__dataclass_fields__} for s in spots])
        with self._database.session() as session:
            row = session.get(MatchRow, match.id)
            if row is not None:
                row.labels = packed
        return len(spots)

    def read_labels(self, source: MatchSource, name: str, content: bytes) -> Document:
        """The labels of a match in an uploaded file, its format told by name and content.

        Errors:
            BadInputError: not such a file, one without spots, another match's, or an unknown class.
        """
        place = self._settings.data.root / "uploads" / uuid.uuid4().hex
        path = place / _name_of_upload(name)
        try:
            _write_upload(path, content)
            form = _form_of_upload(path)
            labels = registry.read_of_match(path, source.path.name, form, Options(load_classes(), extra_time=True))
        except BadInputError as error:
            raise BadInputError(error.what, where=name, fix=error.fix) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)
        notes = (*(note.replace(str(path), name) for note in labels.notes), *_doubts(labels))
        labels = replace(labels, notes=notes)
        if not labels.entries:
            reasons = "".join(f"; left out: {number} × {reason}" for reason, number in labels.left_out.items())
            what = f"no spots are in it, read as {form.title}{reasons}"
            raise BadInputError(what, where=name, fix="Check that it is the file you mean")
        return labels

    def check_labels(self, source: MatchSource, labels: Document) -> list[Finding]:
        """What the checks find in labels of a match."""
        return check_spots(labels, load_classes(), self.lengths(source))

    def lengths(self, source: MatchSource) -> dict[int, int]:
        """Microseconds of each half's video."""
        return {h.half: VIDEOS.ingest(h.path, self._settings.data).table.duration for h in source.halves}


def _doubts(labels: Document) -> Iterator[str]:
    """Clauses on what speaks against these being labels."""
    sure = sum(spot.confidence is not None for spot in labels.spots)
    if sure:
        yield f"{count_of(sure, 'spot')} with a confidence, which true spots have none of: these may be predictions"


def _name_of_upload(name: str) -> str:
    """A file name of what a browser says, which tells the format by its end."""
    last = Path(name.replace("\\", "/")).name.replace("\x00", "")
    return printable(last)[-_LONGEST_NAME:].lstrip(".") or "labels"


def _write_upload(path: Path, content: bytes) -> None:
    """Write what was uploaded where it is read from; nothing is left of it where that fails.

    Errors:
        BadInputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    except OSError as error:
        raise cannot_write(error, path.parent) from error


def _form_of_upload(path: Path) -> Format:
    """The format of an uploaded file; JSON that nothing tells is read as SoccerNet's labels, and judged so."""
    try:
        return recognition.guess_source(path, registry.FORMATS)
    except BadInputError:
        if path.suffix.lower() != ".json":
            raise
        return registry.format_named(labels_v2.FORM)


def kits(folder: Path) -> tuple[str | None, str | None]:
    """Shirt colours of home and away as ``#RRGGBB`` where a match folder knows them."""
    path = folder / "meta.json"
    if not path.is_file() or path.is_symlink():
        return None, None
    try:
        kits_by_team = read_json(path)["kits"]
        home, away = (bytes([*kits_by_team[side]["main"]]) for side in ("home", "away"))  # 0 to 255, else a ValueError
        return (f"#{home.hex().upper()}", f"#{away.hex().upper()}") if len(home) == len(away) == 3 else (None, None)
    except (TouchlineError, KeyError, TypeError, IndexError, ValueError):
        return None, None
