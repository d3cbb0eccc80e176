"""The layers of a match: what models found in it, task by task.

A layer is an ``Analysis``: a folder of its own, keyed by its task and the identity of the model that made it. The
layers of a match lie side by side in the data directory, so that one can be added, replaced or removed without a look
at the others. What is true of a match is in none of them: it is read from its labels.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, cannot_write
from spotting_core.base.files import read_json
from spotting_core.domain.classes import ClassTable, classes_in, is_bundled
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.identity import ModelIdentity

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DamagedLayer:
    """A layer that cannot be read.

    Arguments:
        problem: why; task, model: of which task and by the model of which name it was, None where nobody can say.
    """

    folder: Path
    problem: TouchlineError
    task: str | None = None
    model: str | None = None


class Layers:
    """The layers of one match.

    Arguments:
        source: content hash of the match.
    """

    def __init__(self, data: DataDirectory, source: str) -> None:
        self._data, self._source = data, source

    def place(self, task: str, identity: ModelIdentity, classes: ClassTable) -> Path:
        """The folder of a layer that is made now; classes: its class table, which counts where it is not bundled."""
        own = [] if is_bundled(classes) else [repr(classes)]
        return self._data.analysis(self._source, joint_hash([task, identity.key, *own]))

    def all(self, task: str | None = None) -> list[Analysis]:
        """Complete layers, of one task or of all, as they were made; what cannot be read is left out."""
        made = sorted(self._folders(), key=lambda path: (path.stat().st_mtime, path.parent.name))
        layers = [layer for path in made if (layer := open_layer(path.parent)) is not None]
        return [layer for layer in layers if task in (None, layer.record.task)]

    def folders(self) -> frozenset[Path]:
        """Where complete layers lie, of every task; none is opened."""
        return frozenset(path.parent for path in self._folders())

    def damaged(self) -> list[DamagedLayer]:
        """Layers that cannot be read, the newest first."""
        made = sorted(self._folders(), key=lambda path: path.stat().st_mtime, reverse=True)
        opened = (_opened(path.parent) for path in made)
        return [layer for layer in opened if isinstance(layer, DamagedLayer)]

    def put_aside(self, folder: Path) -> None:
        """Have a damaged layer looked at no longer; its files stay beside the others, under a hidden name.

        Errors:
            BadInputError: it is none of the match's, or cannot be moved.
        """
        if folder.parent != self._data.analyses(self._source):
            raise BadInputError("this is no analysis of the match", where=folder)
        try:
            folder.rename(folder.with_name(f".{folder.name}.damaged-{uuid.uuid4().hex[:8]}"))
        except OSError as error:
            raise cannot_write(error, folder) from error

    def find(self, task: str, identity: ModelIdentity, classes: ClassTable) -> Analysis | None:
        """The layer of a task by a model, wherever the version that made it has put it."""
        return next(
            (
                layer
                for layer in self.all(task)
                if layer.record.identity == identity and classes_in(layer.folder, layer.record.class_table) == classes
            ),
            None,
        )

    def remove(self, layer: Analysis) -> None:
        """Delete a layer; whoever looks meanwhile sees it whole or not at all."""
        gone = layer.folder.with_name(f".{layer.folder.name}.removed")
        shutil.rmtree(gone, ignore_errors=True)
        layer.folder.rename(gone)
        shutil.rmtree(gone)

    def _folders(self) -> Iterator[Path]:
        return self._data.analyses(self._source).glob(f"[!.]*/{ANALYSIS_FILE}")


def used_first(layers: Sequence[Analysis], chosen: Mapping[str, str]) -> list[Analysis]:
    """Layers of a match with the one in front, of each task, that is used wherever one is: that of the chosen model,
    else the one that was made first. A layer that is added later takes no other's place.

    Arguments:
        layers: as they were made; chosen: key of the identity of a task's model, for tasks of which one is chosen.
    """
    return sorted(layers, key=lambda layer: layer.record.identity.key != chosen.get(layer.record.task))


def open_layer(folder: Path) -> Analysis | None:
    """A layer by its folder; None, and a line in the log, where it cannot be read."""
    layer = _opened(folder)
    if isinstance(layer, Analysis):
        return layer
    log.warning("an analysis is left out: %s", layer.problem)
    return None


def _opened(folder: Path) -> Analysis | DamagedLayer:
    try:
        return Analysis.open(folder)
    except TouchlineError as error:
        return DamagedLayer(folder, error, *_said(folder))


def _said(folder: Path) -> tuple[str | None, str | None]:
    """Task and name of the model that a damaged layer still tells."""
    try:
        content = read_json(folder / ANALYSIS_FILE)
    except TouchlineError:
        return None, None
    task = content.get("task") if isinstance(content, dict) else None
    model = content.get("model") if isinstance(content, dict) else None
    name = model.get("name") if isinstance(model, dict) else None
    return task if isinstance(task, str) else None, name if isinstance(name, str) else None
