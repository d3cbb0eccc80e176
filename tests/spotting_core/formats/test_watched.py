"""``Watched.json``: which stretches of a match its labels say everything of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.watched import FILE_NAME, read_watched, write_watched


def test_what_is_written_is_read(tmp_path: Path) -> None:
    stretches = [Stretch(1, 0, 15_000_000), Stretch(2, 60_000_000, 75_500_000)]
    write_watched(tmp_path, [*stretches, Stretch(1, 3_000_000, 4_000_000)])
    assert read_watched(tmp_path) == stretches


def test_a_match_without_it_is_labelled_as_a_whole(tmp_path: Path) -> None:
    assert read_watched(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "which stretches of which half"),
        ({"halves": {"first": [[0, 1]]}}, "which stretches of which half"),
        ({"halves": {"1": [[0]]}}, "which stretches of which half"),
        ({"halves": {"1": [[9, 3]]}}, "no stretch goes from 9 to 3 ms"),
    ],
)
def test_a_file_that_says_no_stretches_is_refused(content: object, message: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps(content))
    with pytest.raises(BadInputError, match=message):
        read_watched(tmp_path)
