"""Publications whose weights are known and are not read, each with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotting_core.base.errors import BadInputError

if TYPE_CHECKING:  # which reads tensors; to refuse a place needs none
    from spotting_core.checkpoints.adopted import Checkpoint

_SPIVAK_FILES = ("saved_model.pb", "shared_args.pkl", "keras_metadata.pb")
_SPIVAK = "yahoo-inc/spivak"
_OWN = "touchline train has dense detection anchors of the same paper (docs/systems.md)"


def refuse_place(place: Path | str) -> None:
    """Refuse a file, folder or name of a publication that is not read, before anything is fetched.

    Errors:
        BadInputError: says why.
    """
    text = str(place)
    inside = {p.name for p in place.iterdir()} if isinstance(place, Path) and place.is_dir() else set()
    if _SPIVAK in text or text.endswith(_SPIVAK_FILES) or inside & set(_SPIVAK_FILES):
        raise BadInputError(
            "spivak's models are TensorFlow's, and their settings a pickle that runs code when it is read",
            where=text,
            fix=_OWN[0].upper() + _OWN[1:],
        )


def refuse_weights(checkpoint: Checkpoint) -> None:
    """Refuse weights of a publication that is not read.

    Errors:
        BadInputError: says why.
    """
    names = checkpoint.state.keys()
    if "queries" in names and any(name.startswith("baidu_LL.") for name in names):
        raise BadInputError(
            "ASTRA reads Baidu's features and its own of sound, for which nobody has an extractor, and its weights "
            "were never published",
            where=checkpoint.path,
            fix=_OWN[0].upper() + _OWN[1:],
        )
