"""The clock of the broadcast beside spots, where it has been read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.library.broadcast_clock import ClockTexts, broadcast_clock, clock_texts
from app.library.library import Library, Match
from app.settings import DEMO
from app.views.export import export_bytes, export_document
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.score_bug.match_clock import correct_half
from tests.app.made_analysis import make_analysis
from tests.score_bugs import bug_text, keep_half, keep_readings
from tests.videos import make_video, steady

PARTS = load_classes().parts
SPOTS = [Spot(1, 30_000_000, "Foul", 0.9), Spot(1, 60_000_000, "Goal", 0.8), Spot(1, 10_000_000, "Corner", 0.7)]


def shown(seconds: float) -> str | None:
    """A clock that is seen from 20 s on, from 40 s on in the time added on, and a goal at 60 s."""
    return bug_text(44 * 60 + 20 + seconds, "1-0" if seconds >= 64 else "0-0") if 20 <= seconds < 170 else None


def read_first(data: DataDirectory) -> None:
    """Have the first half of the demo be read."""
    keep_readings(ingest(open_match(DEMO).halves[0].path, data), shown)


def demo_of(library: Library) -> Match:
    demo = library.demo()
    assert demo is not None
    return demo


def test_where_nothing_was_read_there_is_no_clock(library: Library, data: DataDirectory) -> None:
    assert broadcast_clock(demo_of(library), data, PARTS) is None


def test_spots_carry_the_clock_and_goals_their_change(library: Library, data: DataDirectory) -> None:
    read_first(data)
    clock = broadcast_clock(demo_of(library), data, PARTS)
    assert clock is not None
    texts = clock_texts(clock, SPOTS)
    assert texts[0] == ClockTexts("44:50", None, None)
    assert texts[1] == ClockTexts("45+0:20", "Score bug 0–0 → 1–0 at 45+0:24, 4 s later.", None)
    assert broadcast_clock(demo_of(library), data, PARTS) is clock  # it is worked out once


def test_a_corrected_half_counts_at_once(library: Library, data: DataDirectory) -> None:
    read_first(data)
    clock = broadcast_clock(demo_of(library), data, PARTS)
    assert clock is not None
    media = {half.half: ingest(half.path, data) for half in open_match(DEMO).halves}
    correct_half(media, clock, 2, 0, 200_000_000, 1)
    again = broadcast_clock(demo_of(library), data, PARTS)
    assert again is not None
    assert [h.half for h in again.halves if h.corrected] == [2]


def test_the_table_has_a_column_of_it(library: Library, data: DataDirectory) -> None:
    read_first(data)
    analysis = make_analysis(open_match(DEMO), data, SPOTS)
    form = registry.format_named("csv")
    content = export_bytes(export_document(demo_of(library), analysis, SPOTS), form, analysis.classes).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [(row["match_time"], row["broadcast_time"]) for row in rows] == [
        ("00:10", "44:30"), ("00:30", "44:50"), ("01:00", "45+0:20"),
    ]  # fmt: skip


def test_where_no_half_is_played_stands_beside_a_spot_and_in_the_table(library: Library, data: DataDirectory) -> None:
    read_first(data)
    media = {half.half: ingest(half.path, data) for half in open_match(DEMO).halves}
    clock = broadcast_clock(demo_of(library), data, PARTS)
    assert clock is not None
    correct_half(media, clock, 1, 20_000_000, 60_000_000, 1)
    spots = [Spot(1, 30_000_000, "Foul", 0.9), Spot(1, 200_000_000, "Corner", 0.8)]
    again = broadcast_clock(demo_of(library), data, PARTS)
    assert again is not None
    assert [texts.outside for texts in clock_texts(again, spots)] == [None, "after half 1"]
    analysis, form = make_analysis(open_match(DEMO), data, spots), registry.format_named("csv")
    content = export_bytes(export_document(demo_of(library), analysis, spots), form, analysis.classes).decode()
    assert [row["broadcast_time"] for row in csv.DictReader(io.StringIO(content))] == ["44:50", "after half 1"]


def test_the_export_leaves_out_what_lies_where_no_half_is_played_and_says_so(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "studio.mp4", steady(350, rate=2))
    keep_half(ingest(video, data), 40)
    make_analysis(open_match(video), data, [Spot(1, 20_000_000, "Goal", 0.9), Spot(1, 150_000_000, "Goal", 0.8)])
    library.add(str(video))

    def script() -> None:
        from app.state import shared_library
        from app.views import export, shown

        match = next(m for m in shared_library().matches() if m.path.name == "studio.mp4")
        analysis = shared_library().analyses(match)[0]
        export.export_dialog(match, analysis, shown.final_spots(match, analysis))

    at = AppTest.from_function(script, default_timeout=240).run()
    assert not at.exception
    assert any(m.value.startswith("1 spot, at the thresholds") for m in at.markdown)
    assert at.checkbox("export_breaks").label == "With 1 spot where no half is played"
    at.checkbox("export_breaks").check().run()
    assert any(m.value.startswith("2 spots, at the thresholds") for m in at.markdown)
