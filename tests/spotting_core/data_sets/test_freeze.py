"""A data set holds what people know at the moment when it is frozen, and nothing that nobody watched."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, NewerFormatError
from spotting_core.data_sets.data_set import DataSets, KnownSpot, RejectedSpot
from spotting_core.data_sets.freeze import SEEN, Frozen, freeze
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.store.clip_reviews import CLIP, ClipReviews, origin_of_clip
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, COMMENT, MOVE, RECLASS, REJECT, Reviews
from tests.spotting_core.data_sets.libraries import MATCH, add_match, judge

GOAL, FOUL = Spot(1, 20_000_000, "Goal", 0.9), Spot(1, 60_000_000, "Foul", 0.4)


def frozen(data: DataDirectory, name: str = "first") -> Frozen:
    return freeze(name, "Ada", open_database(data), data)


def around(time: int) -> Stretch:
    return Stretch(1, time - SEEN, time + SEEN)


def test_what_was_judged_is_known_and_what_nobody_watched_is_not(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    judge(data, FOUL, REJECT, "Bob")
    judge(data, Spot(1, 100_000_000, "Corner", 0.5), COMMENT, comment="is it?")
    made = frozen(data)
    assert (made.read, made.left_out) == (1, Counter())
    (match,) = made.data_set.matches
    assert match.watched == (around(20_000_000), around(60_000_000))
    assert match.spots == (KnownSpot(1, 20_000_000, "Goal", "accepted", "Ada"),)
    assert match.rejected == (RejectedSpot(1, 60_000_000, "Foul", "Bob"),)
    assert sorted(match.reviews.values()) == [1, 1]
    assert made.data_set.minutes == pytest.approx(0.2)


def test_where_a_moved_spot_was_somebody_has_looked_as_well(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, GOAL, MOVE, half=1, time=40_000_000)
    judge(data, FOUL, RECLASS, label="Offside")
    (match,) = frozen(data).data_set.matches
    assert match.watched == (around(20_000_000), around(40_000_000), around(60_000_000))
    assert [(s.label, s.time, s.origin) for s in match.spots] == [
        ("Goal", 40_000_000, "moved"),
        ("Offside", 60_000_000, "accepted"),
    ]


def test_a_clip_in_which_nothing_more_happens_is_watched_as_a_whole(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    clip = Stretch(1, CLIP, 2 * CLIP)
    reviews = ClipReviews(open_database(data))
    reviews.change(MATCH, origin_of_clip(clip), clip, ACCEPT, "Ada", 0)
    Reviews(open_database(data)).add(MATCH, Spot(1, 16_000_000, "Throw-in"), "Ada")
    (match,) = frozen(data).data_set.matches
    assert match.watched == (Stretch(1, 13_000_000, 2 * CLIP),)  # and what was seen around the spot at its beginning
    assert [(s.label, s.origin) for s in match.spots] == [("Throw-in", "added")]
    reviews.undo(MATCH, "Ada")
    (match,) = frozen(data, "second").data_set.matches
    assert match.watched == (around(16_000_000),)


def test_what_was_added_and_taken_back_is_no_rejection(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, FOUL, REJECT)
    reviews = Reviews(open_database(data))
    reviews.add(MATCH, Spot(1, 100_000_000, "Goal"), "Bob")
    reviews.undo(MATCH, "Bob")
    (match,) = frozen(data).data_set.matches
    assert match.watched == (around(60_000_000),)
    assert [spot.label for spot in match.rejected] == ["Foul"]


def test_labels_of_a_file_count_as_they_are_and_their_match_as_watched(tmp_path: Path, data: DataDirectory) -> None:
    folder = add_match(tmp_path, data)
    twice = [Spot(1, 50_000_000, "Foul"), Spot(1, 50_500_000, "Foul")]
    write_labels(folder / "Labels-v2.json", [Spot(1, 20_000_000, "Goal", team="home"), *twice])
    judge(data, GOAL, ACCEPT)  # repeats the label
    made = frozen(data)
    (match,) = made.data_set.matches
    assert match.watched == (Stretch(1, 0, match.lengths["1"]),)
    assert match.spots[0] == KnownSpot(1, 20_000_000, "Goal", "labels", "", "home")
    assert [spot.label for spot in match.spots] == ["Goal", "Foul", "Foul"]
    assert made.left_out == {"a spot within a second of another one of its class": 1}


def test_where_two_reviewers_contradict_each_other_nothing_is_known(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, FOUL, ACCEPT)
    judge(data, GOAL, ACCEPT, "Ada")
    judge(data, GOAL, REJECT, "Bob")
    (match,) = frozen(data).data_set.matches
    assert match.disputed == ("Goal at 00:20: Ada holds it to be true, Bob not",)
    assert match.watched == (around(60_000_000),)
    assert [spot.label for spot in match.spots] == ["Foul"]
    assert match.rejected == ()
    kept = Reviews(open_database(data)).of_match(MATCH)
    assert len(kept) == 2  # nothing of what they said is lost


def test_one_moment_of_two_models_can_be_contradicted_and_so_can_a_label(tmp_path: Path, data: DataDirectory) -> None:
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", [Spot(1, 60_000_000, "Foul")])
    judge(data, FOUL, REJECT, "Bob")
    judge(data, GOAL, ACCEPT, "Ada")
    judge(data, Spot(1, 20_400_000, "Goal", 0.3), REJECT, "Bob")
    judge(data, Spot(1, 90_000_000, "Corner", 0.3), REJECT, "Ada")
    judge(data, Spot(1, 90_400_000, "Corner", 0.3), ACCEPT, "Ada")  # one person knows which of two it is
    (match,) = frozen(data).data_set.matches
    assert match.disputed == (
        "Goal at 00:20: Ada holds it to be true, Bob not",
        "Foul at 01:00: the label file holds it to be true, Bob not",
    )
    assert [(spot.label, spot.time) for spot in match.spots] == [("Corner", 90_400_000)]
    assert not any(one.covers(1, time) for one in match.watched for time in (20_000_000, 60_000_000))


def test_a_data_set_stays_as_it_is(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    first = frozen(data).data_set
    judge(data, FOUL, ACCEPT)
    second = frozen(data, "second").data_set
    sets = DataSets(data)
    assert sets.get("first") == first
    assert sets.get(second.id[:6]) == second
    assert [len(one.matches[0].spots) for one in (first, second)] == [1, 2]
    assert {one.name for one in sets.all()} == {"first", "second"}


def test_names_that_are_taken_and_sets_that_are_the_same_are_refused(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    frozen(data)
    with pytest.raises(BadInputError, match="nothing was said since the data set 'first'"):
        frozen(data, "other")
    judge(data, FOUL, ACCEPT)
    with pytest.raises(BadInputError, match="there is a data set 'first' already"):
        frozen(data)
    with pytest.raises(BadInputError, match="a name of 1 to 80 characters"):
        frozen(data, " ")


def test_a_library_in_which_nobody_watched_anything_is_refused(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    with pytest.raises(BadInputError, match="nobody has watched anything"):
        frozen(data)
    judge(data, GOAL, ACCEPT)
    add_match(tmp_path, data, "other", first=500)
    assert frozen(data).left_out == {"a match in which nobody has watched anything": 1}
    with pytest.raises(BadInputError, match="not in the library"):
        freeze("x", "Ada", open_database(data), data, only={tmp_path})


def test_a_match_that_is_gone_is_left_out_and_said(tmp_path: Path, data: DataDirectory) -> None:
    folder = add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    add_match(tmp_path, data, "other", first=500)
    judge(data, GOAL, ACCEPT, match="other")
    (folder / "1_180p.mp4").unlink()
    made = frozen(data)
    assert [match.title for match in made.data_set.matches] == ["other v B"]
    assert made.left_out == {f"a match that cannot be read ({folder.name} v B: this folder holds no video)": 1}


def test_a_file_that_somebody_has_changed_is_refused(tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    path = data.data_sets / f"{frozen(data).data_set.id}.json"
    content = json.loads(path.read_text())
    content["matches"][0]["spots"][0]["label"] = "Foul"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="no longer what was frozen"):
        DataSets(data).get("first")
    path.write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(NewerFormatError):
        DataSets(data).get("first")
    path.write_text("{}")
    with pytest.raises(BadInputError, match="this data set is damaged"):
        DataSets(data).get("first")
    path.unlink()
    with pytest.raises(BadInputError, match="there is no data set 'first'"):
        DataSets(data).get("first")
