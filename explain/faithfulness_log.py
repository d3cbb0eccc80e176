"""What was measured of spots, one after the other, in a file from which a measurement that was stopped goes on.

The first line says of what the measures are, every other one holds those of a spot, as JSON. A line that was not
written to its end is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

from explain.faithfulness import SpotMeasures
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot

_FORMAT = 3  # of the measures: one of another is not gone on with
_Key = tuple[str, int, int, str]  # content hash of the match, half, microseconds, class


class SpotLog:
    """Measures of spots in a file.

    Arguments:
        path: of the file, which need not be there.
        subject: of what the measures are (model, seed, methods …), as JSON has it.

    Errors:
        BadInputError: the file holds measures of something else, or no measures.
    """

    def __init__(self, path: Path, subject: Mapping[str, Any]) -> None:
        self.path, subject = path, {"format": _FORMAT, **subject}
        self._measured: dict[_Key, SpotMeasures] = {}
        content = path.read_bytes() if path.is_file() else b""
        whole = content[: content.rfind(b"\n") + 1]
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
            self._measured = {_key_of(line): _measures_of(line) for line in lines[1:]}
            other = sorted(k for k in {*lines[0], *subject} if lines[0].get(k) != subject.get(k)) if lines else []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInputError("this is no log of faithfulness", where=path, fix="Name another file") from error
        if content and not lines:
            raise BadInputError("this is no log of faithfulness", where=path, fix="Name another file")
        if other:
            what = f"this log is of something else: {', '.join(other)}"
            raise BadInputError(what, where=path, fix="Name another file, or ask for the same again")
        path.parent.mkdir(parents=True, exist_ok=True)
        if whole != content:
            with path.open("r+b") as file:
                file.truncate(len(whole))
        if not lines:
            self._append(subject)

    def of(self, analysis: Analysis, spot: Spot) -> SpotMeasures | None:
        """What was measured of a spot of an analysis, or None."""
        return self._measured.get((analysis.record.source_id, spot.half, spot.time, spot.label))

    def keep(self, analysis: Analysis, spot: Spot, measures: SpotMeasures) -> None:
        """Write what was measured of a spot."""
        methods = {
            name: {key: None if isnan(value) else value for key, value in row.items()}
            for name, row in measures.methods.items()
        }
        key = (analysis.record.source_id, spot.half, spot.time, spot.label)
        self._measured[key] = measures
        self._append(dict(zip(("match", "half", "time", "class"), key, strict=True)) | {"methods": methods})

    def _append(self, content: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")


def _key_of(line: Mapping[str, Any]) -> _Key:
    return str(line["match"]), int(line["half"]), int(line["time"]), str(line["class"])


def _measures_of(line: Mapping[str, Any]) -> SpotMeasures:
    methods = {
        name: {key: nan if value is None else float(value) for key, value in row.items()}
        for name, row in line["methods"].items()
    }
    return SpotMeasures(str(line["class"]), methods, str(line["match"]))
