"""Where explanations and answers are kept: by what was asked of which model on which moment, not by where it lies."""

from __future__ import annotations

from pathlib import Path

import msgspec

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import read_json
from spotting_core.domain.spots import Spot
from spotting_core.media.fingerprint import joint_hash
from spotting_core.tasks.replays import REPLAYS

_LENGTH = 32  # characters of a key in a file's name
_VERSIONS = {"entity-ablation": "4"}  # of what a method answers; what an older one answered is asked again


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is explained: that a model says a class at a sample.

    Arguments:
        source: content hash of the match; model: key of the model's identity.
        anchor: microseconds of the sample.
    """

    source: str
    model: str
    half: int
    anchor: int
    label: str

    def key(self, question: str) -> str:
        """Key of the answer to a question about it, such as a method's name."""
        about = [self.source, self.model, str(self.half), str(self.anchor), self.label, question]
        version = _VERSIONS.get(question)
        return joint_hash(about if version is None else [*about, version])


def anchor_time(analysis: Analysis, spot: Spot) -> int:
    """The sample that is explained for a spot (microseconds): the one that votes for it; of a replay its moment."""
    half = analysis.half(spot.half)
    if analysis.record.task == REPLAYS.name:
        return int(half.times[half.nearest_sample(spot.time)])
    return int(half.times[half.voting_sample(spot.time, analysis.classes.index(spot.label))])


def subject_of(analysis: Analysis, spot: Spot) -> Subject:
    """What is explained for a spot of an analysis."""
    return Subject(*made_by(analysis), spot.half, anchor_time(analysis, spot), spot.label)


def made_by(analysis: Analysis) -> tuple[str, str]:
    """What an analysis was made of and by: ``source`` and ``model`` of its subjects."""
    return analysis.record.source_id, analysis.record.identity.key


def explanation_of(data: DataDirectory, folder: Path, subject: Subject, method: str) -> Path:
    """Where an explanation is kept; those that ship with an analysis lie in its own folder.

    Arguments:
        folder: of the analysis.
    """
    shipped = beside(folder, subject, method)
    return shipped if shipped.is_file() else data.explanation(subject.key(method)[:_LENGTH])


def beside(folder: Path, subject: Subject, method: str) -> Path:
    """Where an explanation is kept that ships with the analysis of a folder."""
    return folder / "explanations" / f"{subject.key(method)[:_LENGTH]}.npz"


def explanation_file(data: DataDirectory, analysis: Analysis, spot: Spot, method: str) -> Path:
    """Where the explanation of a spot by a method is kept (see ``explanation_of``)."""
    return explanation_of(data, analysis.folder, subject_of(analysis, spot), method)


def unsupported_file(data: DataDirectory, subject: Subject, method: str) -> Path:
    """Where it is kept why a method cannot explain a subject."""
    return data.answer(subject.key(method))


def unsupported(data: DataDirectory, analysis: Analysis, spot: Spot, method: str) -> str | None:
    """Why a method cannot explain a spot, once that was found out."""
    path = unsupported_file(data, subject_of(analysis, spot), method)
    return str(read_json(path)["unsupported"]) if path.is_file() else None


def method_of_text(text: str) -> str:
    """Text similarity to words of the user's own, as a method's name with its parameter."""
    return f"text-similarity: {text}"
