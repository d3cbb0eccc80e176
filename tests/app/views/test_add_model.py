"""Adding a model of others in the app: described first, asked for as a job, and then among those to analyse with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.library.library import Match
from app.state import shared_queue
from app.views.add_model import in_fields
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.jobs.adding_model import ADDING
from spotting_core.jobs.kind import Context
from spotting_core.jobs.queue import DONE, FAILED, JobQueue
from tests.app.pages import match_page

pytestmark = pytest.mark.usefixtures("fresh")


def published_pooling(folder: Path) -> Path:
    folder.mkdir()
    torch.save({"fc.weight": torch.randn(18, 512), "fc.bias": torch.randn(18)}, folder / "best.pt")
    return folder


def dialog(match: Match, source: str) -> AppTest:
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    field = next(f for f in at.text_input if f.label == "Where it is published")
    return field.set_value(source).run()


def done(queue: JobQueue, data: DataDirectory) -> None:
    """Do what was asked for, as a worker does."""
    job = queue.take([ADDING.name])
    assert job is not None
    try:
        ADDING.do(job, Context(data, lambda *_: True, "cpu"))
    except TouchlineError as error:
        queue.finish(job, FAILED, str(error))
    else:
        queue.finish(job, DONE)


def test_a_model_below_a_library_folder_is_described_and_added(
    match: Match, tmp_path: Path, data: DataDirectory
) -> None:
    at = dialog(match, str(published_pooling(tmp_path / "their pooling")))
    assert any("their pooling" in m.value and "best.pt" in m.value for m in at.markdown)
    next(s for s in at.selectbox if s.label == "Pooling").set_value("max")
    at = next(b for b in at.button if b.label == "Add").click().run()
    assert not at.exception
    (job,) = shared_queue().all_live([ADDING.name])
    assert ADDING.read(job).system == "max"
    done(shared_queue(), data)
    at = at.run()
    assert any("among the models" in s.value for s in at.success)
    analyse = next(m for m in at.multiselect if m.label == "Analyse with")
    assert "their-pooling" in analyse.options


def test_what_is_wrong_is_told_in_the_dialog(match: Match, tmp_path: Path, data: DataDirectory) -> None:
    at = dialog(match, str(published_pooling(tmp_path / "theirs")))
    at = next(b for b in at.button if b.label == "Add").click().run()
    done(shared_queue(), data)
    at = at.run()
    assert any("Say which of them was trained: “Pooling” max or “Pooling” average" in e.value for e in at.error)
    at = next(b for b in at.button if b.label == "Back").click().run()
    assert any(f.label == "Where it is published" for f in at.text_input)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("/etc", "this is below no library folder"),
        ("https://127.0.0.1/x.pt", "points into the local network"),
        ("http://example.org/x.pt", "only https:// addresses are fetched"),
        ("nothing of the kind", "there is no such file or folder"),
    ],
)
def test_places_that_are_not_looked_at(source: str, message: str, match: Match) -> None:
    at = dialog(match, source)
    assert any(message in e.value for e in at.error)
    assert not any(b.label == "Add" for b in at.button)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("Give another name with --name, or remove that one", "Give another name with “Name here”, or remove that one"),
        ("in a class.txt beside it, or by --classes", "in a class.txt beside it, or by “Classes”"),
        ("Say it: --rate 25 for videos of 25 frames", "Say it: “Samples a second” 25 for videos of 25 frames"),
        ("Give the features it was trained on: --features", "Give the features it was trained on: “Features it reads”"),
        (
            "Say which wrote them: --code a or --code b",
            "Say which wrote them: “Code that wrote it” a or “Code that wrote it” b",
        ),
        ("some--name-of-a-file", "some--name-of-a-file"),
    ],
)
def test_errors_name_fields_of_the_dialog_and_no_options(error: str, shown: str) -> None:
    assert in_fields(error) == shown
