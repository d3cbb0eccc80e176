"""The labels of a match of the library: those that were uploaded, else those beside its videos."""

from __future__ import annotations

import json

from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_v2
from spotting_core.media.source import MatchSource


def labels_of_match(uploaded: str | None, source: MatchSource) -> list[Spot] | None:
    """True spots of a match; None where nobody has labelled it.

    Arguments:
        uploaded: what the library keeps of uploaded labels.

    Errors:
        BadInputError: there are labels and they are broken.
    """
    if uploaded is not None:
        return [Spot(**entry) for entry in json.loads(uploaded)]
    path = source.companion(labels_v2.FILE_NAME)
    return labels_v2.read_labels(path) if path else None
