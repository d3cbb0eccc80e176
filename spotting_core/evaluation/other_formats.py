"""Labels and predictions in any format that is read, as the files of SoccerNet that evaluation reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from spotting_core.base.archives import is_zip
from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.spot_files import LABEL_FILES, PREDICTION_FILES
from spotting_core.formats import labels_v2, recognition, registry, results_spotting
from spotting_core.formats.document import Document, Options
from spotting_core.formats.format import SPOTS, Format
from spotting_core.formats.registry import FORMATS
from spotting_core.formats.tree import names_inside

PREDICTIONS, LABELS = "predictions", "labels"
_AS_THEY_ARE = (results_spotting.FORM, labels_v2.FORM)  # formats that evaluation reads itself
_WRITTEN_AS = {PREDICTIONS: results_spotting.FORM, LABELS: labels_v2.FORM}
_FILES = {PREDICTIONS: PREDICTION_FILES, LABELS: LABEL_FILES}
_READ_OR_JUDGED = (".json", ".zip", "")  # endings of what evaluation judges where no format is recognised


def other_format(path: Path, kind: str) -> Format | None:
    """The format of a file, folder or zip that evaluation does not read as it is; None for one that it reads, or
    judges, itself.

    Arguments:
        kind: ``PREDICTIONS`` or ``LABELS``.

    Errors:
        BadInputError: its format cannot be recognised, and its ending is none of those files; files of several formats
            lie in it.
    """
    try:
        if (path.is_dir() or is_zip(path)) and _holds_own(names_inside(path), kind):
            return None
        form = recognition.guess_source(path, FORMATS)
    except recognition.MixedFormatsError:
        raise
    except BadInputError:
        if path.is_dir() or path.suffix.lower() in _READ_OR_JUDGED:
            return None
        raise
    return None if form.name in _AS_THEY_ARE or form.kind != SPOTS else form


def _holds_own(names: Iterable[str], kind: str) -> bool:
    """Whether one of the files is called as evaluation seeks them."""
    return not {name.lower() for name in _FILES[kind]}.isdisjoint(PurePath(name).name.lower() for name in names)


def convert_to_soccernet(path: Path, form: Format, kind: str, target: Path, record: Record, *, named: bool) -> Path:
    """Write the matches of a file, folder or zip as SoccerNet's files; returns the one that was written.

    Arguments:
        kind: ``PREDICTIONS`` or ``LABELS``.
        target: without an ending: one file for a single match, a zip of match folders for several.
        record: is told what was left out and how the source was read.
        named: whether a single match keeps its name, in a zip.

    Errors:
        BadInputError: it cannot be read or written, or predictions have no confidence.
    """
    documents = _documents(path, form, kind, record)
    first, second = next(documents, None), next(documents, None)
    if first is None:
        what = f"no spots are in it, read as {form.title}"
        raise BadInputError(what, where=path, fix="Check that it is the file you mean")
    single = second is None and (not first.game or not named)
    file = target.with_suffix(".json" if single else ".zip")
    some = (one for one in chain((first, second), documents) if one is not None)
    registry.write(file, some, FORMATS[_WRITTEN_AS[kind]])
    return file


@contextmanager
def in_soccernet_form(path: Path, kind: str, record: Record) -> Iterator[Path]:
    """A path that evaluation reads: itself, or what is made of it and lasts as long as the context.

    Errors:
        BadInputError: see ``other_format`` and ``convert_to_soccernet``.
    """
    form = other_format(path, kind)
    if form is None:
        yield path
        return
    with TemporaryDirectory(prefix="touchline-") as folder:
        try:
            yield convert_to_soccernet(path, form, kind, Path(folder) / path.stem, record, named=True)
        except BadInputError as error:  # of the file that was given, and not of the one that was made of it
            if not str(error.where).startswith(folder):
                raise
            raise BadInputError(error.what, where=path, fix=error.fix) from error


def _documents(path: Path, form: Format, kind: str, record: Record) -> Iterator[Document]:
    """Matches of a path, one by one.

    Errors:
        BadInputError: see ``registry.read``; also predictions without a confidence.
    """
    for why, number in recognition.set_aside(path, form, FORMATS).items():
        record.skip(path.name, f"{number} × {why}")
    for document in registry.read(path, form, Options()):
        unsure = sum(spot.confidence is None for spot in document.spots)
        if kind == PREDICTIONS and unsure:
            raise BadInputError(
                f"{unsure} of {count_of(len(document.spots), 'spot')} without a confidence, read as {form.title}",
                where=path,
                fix="Take them as labels, or give the confidence of each",
            )
        game = document.game or path.name
        for why, number in document.left_out.items():
            record.skip(game, f"{number} × {why}")
        for note in document.notes:
            record.skip(game, note)
        yield document
