"""The Statistics view: what it counts, for one match and for many, and what it says where there is nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.views.statistics_charts import fall_figure, judged_figure, pressure_figure, rate_figure
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.search.engine import JudgedBin
from spotting_core.search.figures import Pressure, Rate
from spotting_core.store.codes import Code, Codes
from spotting_core.store.database import open_database
from spotting_core.store.reviews import REJECT, Reviews, origin_of
from tests.app.made_analysis import make_analysis
from tests.app.pages import view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SPOTS = [Spot(1, 2_000_000, "Corner", 0.9), Spot(1, 4_000_000, "Foul", 0.6), Spot(1, 5_000_000, "Red card", 0.8)]
NAMES = {"home": "Reds", "away": "Blues", "unknown": "Team unknown"}


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    video = make_video(tmp_path / "a.mp4", steady(70, rate=10))
    make_analysis(open_match(video), data, SPOTS)
    return library.add(str(video))


def page_text(at: AppTest) -> str:
    return " ".join([*(h.value for h in at.get("html")), *(c.value for c in at.caption), *(i.value for i in at.info)])


def test_one_match_is_counted(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    assert not at.exception
    assert match.title in page_text(at)
    assert "spots in 0:07 of video" in page_text(at)  # and none is said to happen so often in ninety minutes
    assert "Nobody said the team of 3 of 3 spots" in page_text(at)
    assert "No shot, corner or penalty has a team." in page_text(at)
    rows = at.dataframe[0].value
    assert rows["Corner"].tolist() == ["0–0 (1)"]
    assert rows["Cards"].tolist() == ["0–0 (1)"]


def test_what_a_reviewer_says_counts(match: Match, library: Library, data: DataDirectory) -> None:
    reviews, analysis = Reviews(open_database(data)), library.analyses(match)[0]
    sha = str(analysis.record.model["sha256"])
    spots = {s.label: s for s in analysis.spots()}
    reviews.change(match.id, origin_of(spots["Foul"], sha), spots["Foul"], REJECT, "Ann", 0)
    reviews.change(match.id, origin_of(spots["Corner"], sha), spots["Corner"], "team", "Ann", 0, team="home")
    at = view("statistics", match=match.id).run()
    assert not at.exception
    rows = at.dataframe[0].value
    assert rows["Corner"].tolist() == ["1–0"]
    assert "Nobody said the team of 1 of 2 spots" in page_text(at)  # the foul was rejected
    assert "the sum of the confidence of what it did in the 5 minutes before" in page_text(at)


def test_what_was_only_tagged_is_counted(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    match = library.add(str(make_video(tmp_path / "tagged.mp4", steady(70, rate=10), first=7000)))
    database = open_database(data)
    Codes(database).save([Code("High press")])
    for second, label, team in ((2, "Corner", "home"), (3, "Corner", "unknown"), (5, "High press", "home")):
        Reviews(database).add(match.id, Spot(1, second * 1_000_000, label, team=team), "Ann")
    at = view("statistics", match=match.id).run()
    assert not at.exception
    assert "spots in 0:07 of video" in page_text(at)
    assert "Nobody said the team of 1 of 3 spots" in page_text(at)
    assert at.dataframe[0].value["Corner"].tolist() == ["1–0 (1)"]
    assert "Where are the teams?" not in page_text(at)  # no model has looked for them
    at = view("statistics", match=match.id, classes="High press").run()
    assert "Nobody said the team" not in page_text(at)
    assert not at.exception


def test_over_many_matches_pressure_is_not_drawn(match: Match) -> None:
    at = view("statistics").run()  # the demo match is there as well
    assert not at.exception
    assert "2 matches" in page_text(at)
    assert "Pressure is that of one match." in page_text(at)
    assert len(at.dataframe[0].value) == 2
    assert "Counted are Penalty, " in page_text(at)
    assert "In a narrow window the table scrolls sideways" in page_text(at)


def test_nothing_to_count_is_said(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    at.toggle(key="statistics_reviewed").set_value(True).run()
    assert "There is nothing to count." in page_text(at)


def test_rates_are_stacked_by_team_and_an_absent_team_is_not_named() -> None:
    rates = {("Corner", "home"): Rate(3, 6.0), ("Corner", "away"): Rate(1, 2.0), ("Foul", "home"): Rate(2, 4.0)}
    figure = rate_figure(rates, load_classes(), NAMES, dark=True, minutes=90)
    assert [bar.name for bar in figure.data] == ["Reds", "Blues"]
    assert list(figure.data[0].y) == ["Foul", "Corner"]
    assert list(figure.data[0].x) == [4.0, 6.0]
    assert list(figure.data[1].customdata) == [0, 1]
    counted = rate_figure(rates, load_classes(), NAMES, dark=True, minutes=None)
    assert list(counted.data[0].x) == [2, 3]
    assert "minutes" not in counted.data[0].hovertemplate


def test_bars_name_their_minutes() -> None:
    counts = {"Goals": np.array([0, 2] + [0] * 16)}
    figure = fall_figure(counts, {"Goals": "#167859"}, 5, False, load_classes().parts, 90)
    assert figure.data[0].customdata[1].tolist() == [6, 10]
    assert figure.data[0].x[1] == 7.5


def test_away_presses_downwards_on_the_match_clock() -> None:
    minutes = np.array([0.0, 1.0])
    half = Pressure(2, minutes, np.array([0.0, 1.5]), np.array([2.0, 0.0]), 0)
    figure = pressure_figure([half], NAMES, True, load_classes().parts)
    home, away = figure.data
    assert list(home.x) == [45.0, 46.0]
    assert list(away.y) == [-2.0, 0.0]
    assert list(away.customdata) == [2.0, 0.0]
    assert list(figure.layout.yaxis.ticktext) == ["2", "0", "2"]


def test_what_reviewers_confirmed_is_a_share_of_what_they_saw() -> None:
    for dark in (True, False):
        line = judged_figure([JudgedBin(0.4, 0.5, 4, 1), JudgedBin(0.9, 1.0, 10, 10)], dark).data[1]
        assert list(line.x) == pytest.approx([0.45, 0.95])
        assert (list(line.y), list(line.text)) == ([0.25, 1.0], ["4", "10"])
