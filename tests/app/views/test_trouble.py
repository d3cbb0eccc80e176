"""What pages say of a damaged database, and of names and errors that carry Markdown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.views import page
from app.work import workers
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.queue import FAILED, JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.tables import JobRow
from tests.app.made_analysis import make_analysis
from tests.app.pages import library_page, match_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

PICTURE = "![x](http://attack.example/x.png)"
SHOWN = "!\\[x\\](http://attack.example/x.png)"


@pytest.fixture
def sound_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_KEPT", 0.0)
    monkeypatch.setattr(workers.WORKERS, "_checked", (0.0, None))


def damage(data: DataDirectory) -> None:
    open_database(data).engine.dispose()
    for file in data.root.glob("touchline.db*"):
        file.write_bytes(b"no database at all" * 1000)


def test_every_page_says_that_the_database_is_damaged(library: Library, data: DataDirectory, sound_again: None) -> None:
    library.matches()
    damage(data)
    at = AppTest.from_file(str(Path(page.__file__).parent.parent / "dashboard.py"), default_timeout=60).run()
    assert any("the database is damaged" in error.value for error in at.error)


def test_an_error_that_no_view_expects_is_told_in_a_sentence(library: Library, data: DataDirectory) -> None:
    def script() -> None:
        import streamlit as st
        from sqlalchemy.exc import OperationalError

        from app.settings import settings
        from app.views import trouble
        from spotting_core.base.errors import BadInputError
        from spotting_core.jobs.queue import JobQueue
        from spotting_core.store.database import open_database

        known = []
        try:
            JobQueue(open_database(settings().data)).all_live()
        except Exception as error:
            known.append(trouble.tell(error))
        assert known == [True]
        assert trouble.tell(BadInputError("this is wrong", fix="Do that"))
        assert trouble.tell(BadInputError("this is wrong", where="a file.mp4"))
        assert trouble.tell(OperationalError("SELECT 1", {}, ValueError("busy")))
        assert not trouble.tell(KeyError("x"))
        st.write("done")

    library.matches()
    damage(data)
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    told = [error.value for error in at.error]
    assert "the database is damaged" in told[0]
    assert told[1:] == [
        "This is wrong. Do that.",
        "a file.mp4: this is wrong.",
        "The database cannot be reached at the moment. Reload the page to try again.",
    ]


# --- Markdown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (PICTURE, SHOWN),
        ("[click](javascript:alert(1))", "\\[click\\](javascript\\:alert(1))"),
        ("**bold** _it_ `code` ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~"),
        (":red[x] :material/home: $x$", "\\:red\\[x\\] \\:material/home\\: \\$x\\$".replace("home\\:", "home:")),
        ("# heading", "\\# heading"),
        ("1. list", "1\\. list"),
        ("- list\n- two", "\\- list - two"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("back\\slash", "back\\\\slash"),
        ("1_720p.mp4: 45:37, 2 v 1, #7", "1_720p.mp4: 45:37, 2 v 1, #7"),
        ("Kickers St. Pauli 1900", "Kickers St. Pauli 1900"),
    ],
)
def test_marks_are_text_and_plain_words_stay_as_they_are(text: str, shown: str) -> None:
    assert page.plain(text) == shown


@pytest.fixture
def hostile(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    folder = tmp_path / "hostile"
    folder.mkdir()
    make_video(folder / "1_720p.mp4", steady(60))
    teams = {"gameHomeTeam": f"Home {PICTURE}", "gameAwayTeam": f"Away {PICTURE}", "annotations": []}
    (folder / "Labels-v2.json").write_text(json.dumps(teams))
    return library.add("hostile")


def markdown(at: AppTest) -> list[str]:
    kinds = ("markdown", "caption", "error", "info", "warning", "success", "toast", "button", "selectbox", "checkbox")
    told = [
        str(getattr(e, field, "") or "") for kind in kinds for e in at.get(kind) for field in ("value", "label", "help")
    ]
    return [text for text in told if "attack.example" in text]


def test_a_job_of_a_match_shows_its_name_as_it_is(hostile: Match, queue: JobQueue) -> None:
    queue.submit(ANALYSIS.name, "a", {}, title=hostile.title, match_id=hostile.id)
    at = library_page().run()
    assert not at.exception
    told = markdown(at)
    assert told
    assert all(SHOWN in text and PICTURE not in text for text in told)


def test_why_an_analysis_failed_shows_as_it_is(hostile: Match, queue: JobQueue, data: DataDirectory) -> None:
    job = queue.submit(ANALYSIS.name, "a", {}, title=hostile.title, match_id=hostile.id)
    with open_database(data).session() as session:
        session.execute(update(JobRow).where(JobRow.id == job.id).values(state=FAILED, error=f"{PICTURE} is wrong."))
    at = match_page(match=hostile.id).run()
    assert not at.exception
    assert markdown(at) == [f"The analysis failed. {SHOWN} is wrong."]


def test_a_path_that_was_typed_shows_as_it_is(library: Library) -> None:
    at = library_page().run()
    next(t for t in at.text_input if "library folder" in t.label).set_value(PICTURE).run()
    assert not at.exception
    told = [t for t in markdown(at) if "not below a library folder" in t]
    assert len(told) == 1
    assert SHOWN in told[0]


def test_a_model_shows_its_name_as_it_is(hostile: Match, data: DataDirectory) -> None:
    spots = [Spot(1, 1_200_000, "Goal", 0.9)]
    make_analysis(open_match(hostile.path), data, spots, "m", f"model {PICTURE}")
    at = match_page(match=hostile.id)
    at.session_state["dialog"] = (hostile.id, "model")
    at.run()
    assert not at.exception
    assert all(PICTURE not in text for text in markdown(at))


def test_errors_of_ours_are_escaped_too(library: Library) -> None:
    def script() -> None:
        from app.views import page
        from spotting_core.base.errors import BadInputError

        page.error(BadInputError("this is no match", where="![x](http://attack.example/x.png)"))

    at = AppTest.from_function(script).run()
    assert at.error[0].value == f"{SHOWN}: this is no match."
    assert str(BadInputError("a")) == "a."
