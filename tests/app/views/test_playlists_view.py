"""Playlists over several matches: made of clips and of a search, put in order, exported, gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.state import shared_playlists
from app.work.clip_export import CLIPS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.selection import Clip
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.playlists import Playlist
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def matches(library: Library, data: DataDirectory, tmp_path: Path) -> list[Match]:
    made = []
    for number, label in enumerate(("Goal", "Red card")):
        path = make_video(tmp_path / f"{label}.mp4", steady(200, rate=10.0), first=900 * number)
        make_analysis(open_match(path), data, [Spot(1, 8_000_000, label, 0.9)])
        made.append(library.add(str(path)))
    return made


@pytest.fixture
def playlist(matches: list[Match]) -> Playlist:
    clips = [
        Clip(1, 1_000_000, 9_000_000, label, 8_000_000, match=m.id)
        for m, label in zip(matches, ("Goal", "Red card"), strict=True)
    ]
    return shared_playlists().make("Turning points", clips)


def opened(playlist: Playlist) -> AppTest:
    at = view("clips", playlist=playlist.id)
    at.run()
    assert not at.exception
    return at


def listed(at: AppTest) -> list[tuple[str, str]]:
    """Class and words of each row."""
    playlist = shared_playlists().get(at.query_params["playlist"])
    assert playlist is not None
    rows = (component_data(at, number + 1)["errors"][0] for number in range(len(playlist.clips)))
    return [(row["short"], row["text"]) for row in rows]


def test_a_link_opens_the_playlist_with_clips_of_all_its_matches(playlist: Playlist, matches: list[Match]) -> None:
    at = opened(playlist)
    assert "2 clips of 2 matches, 0:16" in texts(at)
    assert listed(at) == [("Goal", "1, Goal, 0:08"), ("Red card", "2, Red card, 0:08")]
    first = component_data(at, 1)["errors"][0]
    assert first["link"].startswith(f"match?match={matches[0].id}&half=1&t=1.000")
    assert first["picture"].startswith("/touchline/picture/")


def test_clips_are_put_in_order_and_taken_out(playlist: Playlist) -> None:
    at = opened(playlist)
    at.button(key="playlist-down-0").click().run()
    assert [short for short, _ in listed(at)] == ["Red card", "Goal"]
    at.button(key="playlist-out-0").click().run()
    assert [c.label for c in shared_playlists().all()[0].clips] == ["Goal"]


def test_clips_of_a_match_and_of_a_search_come_into_one(matches: list[Match], playlist: Playlist) -> None:
    at = view("clips", match=matches[0].id).run()
    at.selectbox(key="clips_playlist_list").set_value(playlist.id).run()
    at.button(key="clips_playlist_add").click().run()
    assert [c.match for c in shared_playlists().all()[0].clips] == [matches[0].id, matches[1].id, matches[0].id]
    search = view("search", matches=matches[1].id).run()
    search.text_input(key="search_playlist_name").set_value("Found").run()
    search.button(key="search_playlist_add").click().run()
    found = next(p for p in shared_playlists().all() if p.name == "Found")
    assert [(c.label, c.match) for c in found.clips] == [("Red card", matches[1].id)]


def test_a_playlist_is_exported_over_its_matches(playlist: Playlist, matches: list[Match], queue: JobQueue) -> None:
    at = opened(playlist)
    assert "to make" in texts(at)  # how long, how large, how soon, before anything is asked for
    at.text_input(key="playlist_names_True").set_value("{nobody}").run()
    assert at.button(key="playlist_export").disabled
    at.text_input(key="playlist_names_True").set_value("tuesday").run()
    at.toggle(key="playlist_caption").set_value(True).run()
    at.selectbox(key="playlist_size").set_value(360).run()
    at.button(key="playlist_export").click().run()
    (job,) = queue.of_match(None, CLIPS.name, 5)
    assert job.title == "2 clips, Turning points"
    parameters = CLIPS.read(job)
    assert set(parameters.matches) == {m.id for m in matches}
    assert parameters.order["reel"]
    assert parameters.order["cards"]
    assert [parameters.order[name] for name in ("names", "layers", "lines")] == ["tuesday", ["caption"], 360]


def test_what_is_gone_is_told(playlist: Playlist, matches: list[Match], library: Library) -> None:
    library.remove(matches[1])
    at = opened(playlist)
    assert "no longer in the library" in listed(at)[1][1]
    assert at.button(key="playlist_export").label == "Export 1 clip"
    shared_playlists().remove(playlist.id)
    assert "This playlist was deleted." in texts(opened(playlist))


def test_the_player_has_the_clips_of_all_matches_and_says_which_it_cannot_play(
    matches: list[Match], library: Library
) -> None:
    slowed = Clip(1, 1_000_000, 9_000_000, "Goal", 8_000_000, match=matches[0].id, caption="One–nil", slow=0.5)
    gone = Clip(1, 1_000_000, 9_000_000, "Red card", 8_000_000, match=matches[1].id)
    nowhere = Clip(2, 1_000_000, 9_000_000, "Goal", match=matches[0].id)
    playlist = shared_playlists().make("All", [slowed, gone, nowhere])
    library.remove(matches[1])
    first, second, third = component_data(opened(playlist))["clips"]
    assert first["video"].startswith("/touchline/media/")
    assert (first["start"], first["end"], first["caption"]) == (1.0, 9.0, "One–nil")
    assert first["slow"] == {"from": 6.5, "to": 9.5, "speed": 0.5}
    assert (second["video"], second["missing"]) == (None, "This match is no longer in the library")
    assert third["video"] is None
    assert "no longer in" in third["missing"]
