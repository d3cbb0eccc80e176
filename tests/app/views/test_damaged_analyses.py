"""One damaged analysis takes nothing else away: the pages stay, say what is wrong, and offer to analyse anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import library_page, match_page, texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

Damage = Callable[[Path], object]


def emptied(folder: Path) -> None:
    (folder / "half1" / "scores.npy").write_bytes(b"")


def cut_short(folder: Path) -> None:
    path = folder / "half1" / "scores.npy"
    path.write_bytes(path.read_bytes()[:-100])


def of_no_number(folder: Path) -> None:
    path = folder / "half1" / "scores.npy"
    scores = np.load(path)
    scores[3, 4] = np.nan
    np.save(path, scores)


def out_of_order(folder: Path) -> None:
    path = folder / "half1" / "times.npy"
    np.save(path, np.load(path)[::-1])


def without_model(folder: Path) -> None:
    path = folder / "analysis.json"
    path.write_text(path.read_text().replace('"sha256"', '"hash"'))


def of_no_record(folder: Path) -> None:
    (folder / "analysis.json").write_bytes(b"")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "empty": (emptied, "scores.npy: this array of scores cannot be read (it is empty)"),
    "cut short": (cut_short, "scores.npy: this array of scores is damaged: it has"),
    "no number": (of_no_number, "scores.npy: this array of scores is damaged: row"),
    "out of order": (out_of_order, "times.npy: this array of times is damaged: its times do not rise"),
    "no model": (without_model, "analysis.json: this analysis is damaged"),
    "no record": (of_no_record, "analysis.json: this analysis is not JSON"),
}


def matches(library: Library, data: DataDirectory, folder: Path, damage: Damage) -> tuple[Match, Match, Analysis]:
    """A sound match, a damaged one, and its analysis."""
    spot, made = Spot(1, 2_000_000, "Corner", 0.9), []
    for name in ("sound", "damaged"):
        video = make_video(folder / f"{name}.mp4", steady(70 + len(made), rate=10))
        made.append((library.add(str(video)), make_analysis(open_match(video), data, [spot])))
    damage(made[1][1].folder)
    return made[0][0], made[1][0], made[1][1]


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=list(DAMAGES))
def test_every_page_stays_and_says_what_is_wrong(
    damage: Damage, message: str, library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    sound, damaged, _ = matches(library, data, tmp_path, damage)
    at = library_page().run()
    assert not at.exception
    assert message in texts(at)
    assert f"open-{sound.id}" in {b.key for b in at.button}
    assert f"anew-{damaged.id}" in {b.key for b in at.button}
    for name in ("search", "review"):
        at = view(name).run()
        assert not at.exception
        assert "Left out: damaged" in texts(at)
        assert message in texts(at)
    at = match_page(match=damaged.id).run()
    assert not at.exception
    assert message in at.error[0].value.replace("\\", "")
    assert [b.label for b in at.button] == ["Analyse anew", "Add a model of broadcasts"]


def test_it_is_analysed_anew_with_its_own_model_and_put_aside(
    library: Library, data: DataDirectory, queue: JobQueue, tmp_path: Path
) -> None:
    _, damaged, analysis = matches(library, data, tmp_path, emptied)
    at = library_page().run()
    next(b for b in at.button if b.key == f"anew-{damaged.id}").click().run()
    assert not at.exception
    job = queue.recent(damaged.id, "analysis")
    assert job is not None
    assert job.live
    assert library.damaged(damaged) == []
    assert not analysis.folder.exists()
    kept = list(analysis.folder.parent.glob(f".{analysis.folder.name}.damaged-*/half1/times.npy"))
    assert len(kept) == 1


def test_the_match_view_shows_the_analysis_that_is_left(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    _, match, _ = matches(library, data, tmp_path, emptied)
    make_analysis(open_match(match.path), data, [Spot(1, 3_000_000, "Foul", 0.8)], "another", "another model")
    at = match_page(match=match.id).run()
    assert not at.exception
    assert not at.error
    assert len(at.get("bidi_component")) == 1
    assert "Analysed, another is damaged" in texts(library_page().run())


def test_a_damaged_table_of_entities_is_told_where_the_workspace_was(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    """Its ends are whole, so that only reading its rows tells."""

    def scrambled(folder: Path) -> None:
        path = folder / "half1" / "entities.parquet"
        content = bytearray(path.read_bytes())
        content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
        path.write_bytes(bytes(content))

    sound, damaged, _ = matches(library, data, tmp_path, scrambled)
    at = view("search").run()
    assert not at.exception
    assert "Left out: damaged" in texts(at)
    assert not library_page().run().exception
    assert not view("review").run().exception
    assert not match_page(match=damaged.id).run().exception
    assert not match_page(match=sound.id).run().exception
