"""What an export will be, told before it is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.components.look import look
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip
from spotting_core.clips.cutting import CARD
from spotting_core.clips.drawing import CAPTION
from spotting_core.clips.estimate import DEMO, Cost, estimated
from spotting_core.clips.export import export_clips
from spotting_core.clips.freeze import Freeze
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.times import read_time_table
from tests.videos import make_video, steady

SECOND = 1_000_000
CLIPS = (
    Clip(1, SECOND, 3 * SECOND, "Goal", 2 * SECOND, slow=0.5, freezes=(Freeze(2 * SECOND, 1.5),)),
    Clip(1, 4 * SECOND, 6 * SECOND, "Foul"),
)


@pytest.fixture
def media(tmp_path: Path, data: DataDirectory) -> Media:
    return ingest(make_video(tmp_path / "a.mp4", steady(200)), data)


@pytest.mark.parametrize("cards", [True, False])
def test_the_length_is_that_of_the_film(media: Media, tmp_path: Path, cards: bool) -> None:
    order = Order(CLIPS, reel=True, cards=cards)
    before = estimated(order, {("", 1): media})
    done = export_clips(order, Sources.of_one(Footage({1: media}, load_classes()), look()), tmp_path / "out")
    film = read_time_table(tmp_path / "out" / done.files[0]).duration
    assert before.film == pytest.approx(done.film, abs=100)
    assert film == pytest.approx(done.film, abs=80_000)  # the last picture of a file has no length of its own
    assert before.film == 4 * SECOND + 1_500_000 + 2 * SECOND + (2 * CARD if cards else 0)
    cost = done.cost(2.0, drawn=False)
    assert (cost.pixels, cost.seconds) == (320 * 180, 2.0)
    again = estimated(order, {("", 1): media}, [cost])
    assert again.size == pytest.approx(cost.size, rel=0.01)
    assert again.seconds == pytest.approx(2.0, rel=0.01)


def test_size_and_time_follow_pixels_and_what_is_drawn(media: Media) -> None:
    plain, drawn = Cost(10, 320 * 180, 1000, 1.0), Cost(10, 320 * 180, 2000, 9.0, drawn=True)
    order = Order(CLIPS[1:])
    one = estimated(order, {("", 1): media}, [plain, drawn])
    assert (one.size, one.seconds) == (200, pytest.approx(0.2))
    larger = estimated(replace(order, lines=360), {("", 1): media}, [plain, drawn])
    assert (larger.size, larger.seconds) == (800, pytest.approx(0.8))
    marked = estimated(replace(order, layers=frozenset({CAPTION})), {("", 1): media}, [plain, drawn])
    assert (marked.size, marked.seconds) == (400, pytest.approx(1.8))


def test_before_any_export_the_demo_s_count(media: Media) -> None:
    share = 2.0 * 320 * 180 / DEMO[0].volume
    assert estimated(Order(CLIPS[1:]), {("", 1): media}).size == round(share * DEMO[0].size)


def test_a_copy_has_its_share_of_the_file(media: Media, tmp_path: Path) -> None:
    clip = replace(CLIPS[1], start=0, end=8 * SECOND)
    copy_clip(media, clip, tmp_path / "copy.mp4", sound=False)
    before = estimated(Order((clip,), fast=True), {("", 1): media})
    assert before.size == pytest.approx((tmp_path / "copy.mp4").stat().st_size, rel=0.2)


def test_clips_without_a_video_count_for_nothing(media: Media) -> None:
    assert estimated(Order((Clip(2, 0, SECOND, "Goal"),)), {("", 1): media}).film == 0


def test_clips_of_several_matches_count_each_by_its_video(media: Media, tmp_path: Path, data: DataDirectory) -> None:
    large = ingest(make_video(tmp_path / "b.mp4", steady(200), size=(640, 360)), data)
    videos = {("one", 1): media, ("other", 1): large}
    clips = tuple(replace(CLIPS[1], match=name) for name in ("one", "other"))
    apart, reel = (estimated(Order(clips, reel=reel, cards=False), videos, [Cost(10, 320 * 180, 1000, 1.0)]) for reel in (False, True))  # fmt: skip
    assert apart.film == reel.film == 4 * SECOND
    assert (apart.size, reel.size) == (200 + 800, 400)  # a reel has the size of its first clip
