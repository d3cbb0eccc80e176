"""Names of exported files: what a pattern makes, and what none can be made of."""

from __future__ import annotations

import pytest

from app.components.look import look
from spotting_core.base.errors import BadInputError
from spotting_core.clips.names import check_pattern, clip_name, reel_name
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes

CLIP = Clip(2, 60_000_000, 70_000_000, "Corner", 63_000_000, "home", caption="Kurz / lang?")


def sources(matches: int = 1) -> Sources:
    teams = {"home": "FC Nord"}
    names = [""] if matches == 1 else [str(number) for number in range(matches)]
    return Sources({name: Footage({}, load_classes(), "Nord v Süd", teams) for name in names}, look())


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("", "03_corner_46-03"),
        ("{class} {number}", "corner-03"),
        ("{match}_{team}_{caption}", "nord-v-süd_fc-nord_kurz-lang"),
        ("Abend_{part}", "abend_half-2"),
        ("../{class}", "corner"),
        ("{class}" * 60, ("corner" * 60)[:120]),
    ],
)
def test_a_pattern_makes_a_name_that_every_disk_takes(pattern: str, name: str) -> None:
    assert clip_name(pattern, 3, 20, CLIP, sources()) == name


def test_what_is_empty_leaves_no_gap() -> None:
    bare = Clip(1, 0, 10, "Goal")
    assert clip_name("{class}_{team}_{time}", 1, 1, bare, sources()) == "goal_00-00"
    assert clip_name("{team}", 1, 1, bare, sources()) == "01"


def test_clips_of_several_matches_name_theirs_and_numbers_sort() -> None:
    assert clip_name("", 3, 120, Clip(1, 0, 10, "Goal", match="0"), sources(2)) == "003_nord-v-süd_goal_00-00"


def test_a_reel_is_called_by_its_match() -> None:
    assert reel_name("", 4, sources()) == "reel"
    assert reel_name("{match} {clips}", 4, sources()) == "nord-v-süd-4"
    assert reel_name("{match}", 4, sources(2)) == "2-matches"


@pytest.mark.parametrize(
    ("pattern", "reel", "sentence"),
    [
        ("{player}", False, r"no field \{player\} for a name\. Fields: \{number\}"),
        ("{class}", True, r"no field \{class\} for a name\. Fields: \{match\}, \{clips\}"),
        ("{class", False, "no name can be made of"),
        ("{number:>900000000}", False, "no field"),
        ("{class.__init__}", False, "no field"),
        ("{class!r}", False, "no field"),
        ("{}", False, "no field"),
        ("///", False, "nothing of '///' can stand"),
    ],
)
def test_what_makes_no_name_is_refused(pattern: str, reel: bool, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        check_pattern(pattern, reel)
