"""Places, zones, suggested teams and players in Search and Statistics, of a match whose calibrations are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.library import placing
from app.library.library import Library, Match
from app.library.playing import play_at_hand, play_stamp
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.domain.spots import Spot
from spotting_core.formats.field_calibration import write_published
from spotting_core.media.source import open_match
from spotting_core.players.kept_players import KeptPlayers
from tests.app.made_analysis import make_analysis
from tests.app.pages import view
from tests.videos import HEIGHT, WIDTH, make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

# From above: the pitch of 105 by 68 m in a picture of 120 by 80 m.
ABOVE = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))
SAMPLES = 40
SPOTS = [Spot(1, 4_000_000, "Offside", 0.9), Spot(1, 9_000_000, "Foul", 0.8), Spot(1, 15_000_000, "Corner", 0.7)]


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    """Calibrated until 10 s."""
    folder = tmp_path / "a match"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(200, rate=10.0))
    calibrations = [Calibration(1, k * 500_000, ABOVE, 0.9 if k < 20 else 0.5) for k in range(SAMPLES)]
    write_published(folder / "1_field_calib_ccbv.json", calibrations, WIDTH, HEIGHT, "")
    make_analysis(open_match(folder), data, SPOTS)
    return library.add(str(folder))


def everybody() -> MatchPlayers:
    """The ball with an away player at 4 s, in the left third; away attacks to the left. Somebody of home runs."""
    common = {"half": 1, "role": Role.PLAYER, "team_confidence": 1.0, "error": 0.2, "confidence": 0.9, "box": (0.1, 0.1, 0.2, 0.3)}  # fmt: skip
    placed = [
        Placed(**{**common, "role": Role.BALL}, time=4_000_000, track=0, team="", x=-40, y=2),
        Placed(**common, time=4_000_000, track=1, team="away", x=-40, y=2.2),
        *(Placed(**common, time=k * 500_000, track=2, team="home", x=2.0 * k, y=0) for k in range(20)),
    ]
    times = tuple(k * 500_000 for k in range(SAMPLES))
    return MatchPlayers(tuple(placed), 2, Pitch(), (WIDTH, HEIGHT), {1: times}, home_left={1: True}, notes=("A note.",))


@pytest.fixture
def placed(match: Match, library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> KeptPlayers:
    monkeypatch.setattr("spotting_core.players.match_players.match_players", lambda *_, **__: everybody())
    return placing.placed(match, library.layers(match)[0], library.layers(match), data)


def texts(at: object) -> str:
    return " ".join([*(h.value for h in at.get("html")), *(c.value for c in at.caption), *(e.value for e in at.error)])  # type: ignore[attr-defined]


def test_without_players_spots_are_where_the_camera_looks(match: Match, library: Library, data: DataDirectory) -> None:
    layers = library.layers(match)
    play = play_at_hand(match, layers[0], layers, data)
    assert play is not None
    place = play.place(1, 4_000_000, "Foul", "soccernet-v2")
    assert place is not None
    assert (place.x, place.y, place.at_ball) == (0, 0, False)
    assert play.place(1, 15_000_000, "Foul", "soccernet-v2") is None
    assert play.team(1, 4_000_000, "Offside", "soccernet-v2") is None


def test_places_change_the_stamp_once_players_are_there(
    match: Match, library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = library.layers(match)
    before = play_stamp(match, layers[0], layers, data)
    assert play_stamp(match, layers[0], layers, data) == before
    monkeypatch.setattr("spotting_core.players.match_players.match_players", lambda *_, **__: everybody())
    placing.placed(match, layers[0], layers, data)
    assert play_stamp(match, layers[0], layers, data) != before
    play = play_at_hand(match, layers[0], layers, data)
    assert play is not None
    place = play.place(1, 4_000_000, "Foul", "soccernet-v2")
    assert place is not None
    assert (place.x, place.at_ball) == (-40, True)
    assert play.home_left == {1: True}


@pytest.mark.usefixtures("placed")
def test_zones_narrow_a_search_and_a_suggested_team_has_a_question_mark(match: Match) -> None:
    at = view("search").run()
    assert not at.exception
    at.multiselect("search_matches").set_value([match.id]).run()
    assert "3 spots" in texts(at)
    at.multiselect("search_zones").set_value(["last-third"]).run()
    assert not at.exception
    assert "1 spot in 1 match" in texts(at)
    assert "known only where players have been placed" in texts(at)
    at.multiselect("search_zones").set_value(["middle-third", "own-third"]).run()
    assert "1 spot in 1 match" in texts(at)  # the foul, where the camera looks
    at.multiselect("search_zones").set_value(["near-wing"]).run()
    assert "Nothing is found" in texts(at)
    assert "known only where players have been placed" not in texts(at)


@pytest.mark.usefixtures("placed")
def test_statistics_count_suggested_teams_apart_until_asked(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    assert not at.exception
    assert "Nobody said the team of 3 of 3 spots" in texts(at)
    assert "Who was nearest the ball suggests 1 as those of Away; they are not counted so." in texts(at)
    assert "2 of 3 spots: at the ball" in texts(at)
    at.toggle("statistics_suggested").set_value(True).run()
    assert "they are counted so." in texts(at)
    assert "Nobody said the team of 2 of 3 spots" in texts(at)
    at.multiselect("statistics_zones").set_value(["left-third"]).run()
    assert "1 of 1 spot: at the ball" in texts(at)


@pytest.mark.usefixtures("placed")
def test_statistics_say_where_a_team_is_and_how_much_it_runs(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    assert "A note." in texts(at)
    moved = at.dataframe[0].value if "Metres/min" in at.dataframe[0].value else at.dataframe[1].value
    home, away = moved.to_dict("records")
    assert home["Team"] == "Home"
    assert home["Metres/min"].startswith("240 ± ")  # 4 m/s
    assert home["Fastest"].startswith("14 ± ")
    assert away["Metres/min"] == "–"


def test_players_are_placed_when_somebody_asks(
    match: Match, monkeypatch: pytest.MonkeyPatch, data: DataDirectory
) -> None:
    at = view("statistics", match=match.id).run()
    assert "have not been placed on the pitch yet" in texts(at)

    def fail(*_: object) -> None:
        raise BadInputError("the video is gone")

    monkeypatch.setattr(placing, "placed", fail)
    at.button("statistics_place").click().run()
    assert not at.exception
    assert "The video is gone" in texts(at)


def test_a_match_without_calibrations_says_what_is_missing(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "a.mp4", steady(70, rate=10))
    make_analysis(open_match(video), data, [Spot(1, 2_000_000, "Corner", 0.9)])
    at = view("statistics", match=library.add(str(video)).id).run()
    assert "Nobody is placed on the pitch here: that needs calibrations" in texts(at)
    assert "No spot here has a place" in texts(at)
    at.multiselect("statistics_zones").set_value(["last-third"]).run()
    assert "There is nothing to count." in " ".join(i.value for i in at.info)
