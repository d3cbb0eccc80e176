"""Models that stay loaded between the jobs of a worker, by what they are and not by where they lie.

What tells a model from another is its weights, its card and its classes: a folder into which another model was put is
loaded anew, and a model that was moved is not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spotting_core.domain.classes import class_files
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.models.card import CARD_FILE, WEIGHTS_FILE, model_folder, read_card

if TYPE_CHECKING:  # jobs without a model do without torch
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.load import LoadedModel

_MOST = 2
"""Models, or averages of some, that stay loaded: one that analyses and one that explains."""

_KEPT: OrderedDict[tuple[str, ...], LoadedModel | Ensemble] = OrderedDict()


def kept_models(names: Sequence[str | Path], device: str) -> LoadedModel | Ensemble:
    """The model of a name or folder, or the average of several, on a device.

    Errors:
        BadInputError: see ``load_models``.
    """
    from spotting_core.models.ensemble import Ensemble, load_models

    folders = [model_folder(name) for name in names]
    key = (device, *map(_identity, folders))
    if key in _KEPT:
        _KEPT.move_to_end(key)
    else:
        while len(_KEPT) >= _MOST:  # before another one takes its memory
            _KEPT.popitem(last=False)
        _KEPT[key] = load_models(folders, device)
    kept = _KEPT[key]
    return kept if isinstance(kept, Ensemble) else replace(kept, folder=folders[0])


def _identity(folder: Path) -> str:
    """Hash of all that a model is: its card, its weights and its own class table; of an average, of its members too."""
    files = [folder / CARD_FILE, folder / WEIGHTS_FILE, *class_files(folder)]
    parts = [part for path in files if path.is_file() for part in (path.name, file_hash(path))]
    return joint_hash([*parts, *_members(folder)])


def _members(folder: Path) -> Iterable[str]:
    """Where the members of an average lie, and what each of them is; none of a model with weights of its own."""
    from spotting_core.models.ensemble import ENSEMBLE, members_named

    card = read_card(folder)
    if card.system != ENSEMBLE:
        return
    for member in members_named(card, folder):
        yield member["folder"]
        yield _identity(model_folder(member["folder"]))
