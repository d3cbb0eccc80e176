"""The Clips view and its job, without a browser: selections kept, conflicts shown, exports done and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.routes.http import PREFIX, routes, sealer
from app.work.clip_export import CLIPS, clips_parameters
from app.work.kinds import KINDS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, ConflictError
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.jobs.kind import Context
from spotting_core.jobs.queue import DONE, JobQueue
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.store.codes import Code, Codes
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from spotting_core.store.selections import Selections
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, texts
from tests.score_bugs import keep_half
from tests.spotting_core.media.test_empty_edits import CLOCK, SHOWN_AGAIN, with_edits
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

CLIP = Clip(1, 1_000_000, 2_000_000, "Goal", 1_500_000)


@pytest.fixture
def selections(data: DataDirectory) -> Selections:
    return Selections(open_database(data))


@pytest.fixture
def match(library: Library, tmp_path: Path) -> Match:
    return library.add(str(make_video(tmp_path / "a.mp4", steady(150))))


def clips_page(**query: str) -> AppTest:
    def script() -> None:
        from app.views import clips, page

        page.register(clips=None)
        clips.show()

    at = AppTest.from_function(script, default_timeout=240)
    for name, value in query.items():
        at.query_params[name] = value
    return at


def test_what_was_tagged_without_a_model_is_clipped_with_the_codes_own_lead_and_lag(
    match: Match, data: DataDirectory
) -> None:
    Codes(open_database(data)).save([Code("High press", lead=0.5, lag=1.5)])
    Reviews(open_database(data)).add(match.id, Spot(1, 2_000_000, "High press"), "Ann")
    at = clips_page(match=match.id).run()
    assert not at.exception
    [clip] = component_data(at)["clips"]
    assert (clip["label"], clip["start"], clip["end"]) == ("High press", 1_500_000, 3_500_000)


# --- selections ---------------------------------------------------------------------------------------


def test_a_selection_is_kept_named_and_found(selections: Selections, match: Match) -> None:
    made = selections.make(match.id, [CLIP], {"Goal": (8.0, 6.0)})
    assert selections.named(match.id) == []
    selections.rename(made.id, " Goals ")
    selection = selections.by_name(match.id, "Goals")
    assert (selection.clips, selection.margins, selection.revision) == ((CLIP,), {"Goal": (8.0, 6.0)}, 1)
    with pytest.raises(BadInputError, match="Selections: Goals"):
        selections.by_name(match.id, "Corners")
    selections.remove(made.id)
    assert selections.get(made.id) is None


def test_two_people_do_not_overwrite_each_other(selections: Selections, match: Match) -> None:
    made = selections.make(match.id, [CLIP], {})
    assert selections.save(made.id, [CLIP, CLIP], {}, revision=1).revision == 2
    with pytest.raises(ConflictError, match="someone else has changed this selection"):
        selections.save(made.id, [], {}, revision=1)
    kept = selections.get(made.id)
    assert kept is not None
    assert len(kept.clips) == 2


def test_a_removed_match_takes_its_selections_along(selections: Selections, match: Match, library: Library) -> None:
    made = selections.make(match.id, [CLIP], {})
    library.remove(match)
    assert selections.get(made.id) is None


# --- the view -----------------------------------------------------------------------------------------


def dialog_of(match: Match, length: int) -> AppTest:
    """The dialog that chooses spots of a match whose half is so many microseconds long."""

    def script(match_id: str, length: int) -> None:
        from app.state import shared_library
        from app.views import page
        from app.views.clips_choice import choose_dialog
        from app.views.shown import chosen_analysis

        page.register(clips=None)
        match = shared_library().get(match_id)
        assert match is not None
        choose_dialog(match, chosen_analysis(shared_library().analyses(match)), {1: length}, {})

    return AppTest.from_function(script, default_timeout=240, args=(match.id, length)).run()


def test_the_desk_opens_on_cards_goals_and_shots(match: Match, data: DataDirectory) -> None:
    spots = [Spot(1, 2_000_000, "Goal", 0.9), Spot(1, 3_000_000, "Foul", 0.9), Spot(1, 4_000_000, "Red card", 0.3)]
    make_analysis(open_match(match.path), data, spots)
    at = clips_page(match=match.id).run()
    assert not at.exception
    payload = component_data(at)
    assert [(c["label"], c["start"]) for c in payload["clips"]] == [("Goal", 0)]
    assert payload["margins"]["Goal"] == [10.0, 12.0]
    assert payload["halves"][0]["array"].startswith(PREFIX)
    assert at.button[-1].label == "Export 1 clip"


CARDS = [
    Spot(1, 2_000_000, "Yellow card", 0.7), Spot(1, 2_400_000, "Red card", 0.9), Spot(1, 5_000_000, "Goal", 0.9)
]  # fmt: skip


def test_of_one_moment_the_surest_alone_goes_into_a_reel(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, CARDS)
    at = clips_page(match=match.id).run()
    assert [c["label"] for c in component_data(at)["clips"]] == ["Red card", "Goal"]
    assert "2 clips, 0:12; 1 less sure of a moment left out" in texts(at)
    asked = clips_page(match=match.id, classes="Yellow card").run()
    assert [c["label"] for c in component_data(asked)["clips"]] == ["Yellow card"]
    assert "left out" not in texts(asked)


def test_the_dialog_takes_the_surest_of_each_moment_or_all(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, CARDS)

    at = dialog_of(match, 6_000_000)
    assert not at.exception
    assert "Take 2 clips" in [b.label for b in at.button]
    assert at.toggle("choose_surest").label == "Of one moment the surest alone, without 1 other"
    at.toggle("choose_surest").set_value(False).run()
    assert "Take 3 clips" in [b.label for b in at.button]
    at.segmented_control("choose_kind").set_value("true").run()
    assert not [t for t in at.toggle if t.key == "choose_surest"]


def test_spots_where_no_half_is_played_are_clipped_only_on_demand(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "studio.mp4", steady(350, rate=2))
    keep_half(ingest(video, data), 40)
    make_analysis(open_match(video), data, [Spot(1, 20_000_000, "Goal", 0.9), Spot(1, 150_000_000, "Goal", 0.8)])
    match = library.add(str(video))
    desk = clips_page(match=match.id).run()
    assert [c["start"] for c in component_data(desk)["clips"]] == [10_000_000]
    assert "1 clip, 0:22; 1 where no half is played left out" in texts(desk)

    at = dialog_of(match, 175_000_000)
    assert not at.exception
    assert "Take 1 clip" in [b.label for b in at.button]
    assert at.toggle("choose_breaks").label == "Also 1 spot where no half is played"
    at.toggle("choose_breaks").set_value(True).run()
    assert "Take 2 clips" in [b.label for b in at.button]


def test_the_dialog_closes_where_another_match_is_shown(match: Match, library: Library, tmp_path: Path) -> None:
    other = library.add(str(make_video(tmp_path / "b.mp4", steady(150), first=200)))
    at = clips_page(match=match.id).run()
    next(button for button in at.button if button.label == "Choose spots").click().run()
    assert at.toggle("choose_add").label == "Add to the clips that are there"
    for shown in (other, match):
        at.query_params["match"] = shown.id
        at.run()
        assert not at.exception
        assert not [toggle for toggle in at.toggle if toggle.key == "choose_add"]


def test_true_spots_are_clipped_where_nothing_was_analysed(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_180p.mp4", steady(60))
    write_labels(folder / "Labels-v2.json", [Spot(1, 1_000_000, "Corner"), Spot(1, 2_000_000, "Goal", team="home")])
    at = clips_page(match=library.add(str(folder)).id).run()
    assert not at.exception
    assert [(c["label"], c["team"]) for c in component_data(at)["clips"]] == [("Goal", "home")]
    assert component_data(at)["halves"][0]["array"] is None
    assert "Spots and confidence" not in component_data(at)["halves"][0]["note"]  # there are none
    [size] = [box for box in at.selectbox if box.label == "Size"]
    assert size.options[:2] == ["320 × 180, source", "398 × 224"]


def test_a_selection_in_the_address_is_shown_and_a_foreign_one_is_not(match: Match, selections: Selections) -> None:
    made = selections.make(match.id, [CLIP, CLIP], {"Goal": (1.0, 2.0)}, "Mine")
    payload = component_data(clips_page(match=match.id, selection=made.id).run())
    assert (payload["selection"], payload["revision"], len(payload["clips"])) == (made.id, 1, 2)
    assert payload["margins"]["Goal"] == [1.0, 2.0]
    assert component_data(clips_page(match=match.id, selection="nothing").run())["selection"] is None


def test_changes_that_follow_each_other_before_the_browser_has_heard_of_the_selection_make_one(
    match: Match, selections: Selections
) -> None:
    def script(match_id: str, changes: list[dict[str, object]]) -> None:
        import streamlit as st

        from app.state import shared_library
        from app.views.clips import _changed

        match = shared_library().get(match_id)
        assert match is not None
        for change in changes:
            st.query_params.clear()  # the browser's address, which each change brings
            _changed(match, None, change)

    clips = [[CLIP], [CLIP, CLIP], [CLIP]]
    changes = [
        {"clips": [c.as_json() for c in own], "margins": {}, "sequence": n, "selection": None, "revision": 0}
        for n, own in enumerate(clips, start=1)
    ]
    at = AppTest.from_function(script, default_timeout=240, args=(match.id, changes)).run()
    assert not at.exception
    made = at.session_state["clips_made"][match.id]
    kept = selections.get(made)
    assert kept is not None
    assert (kept.clips, kept.revision) == ((CLIP,), 3)
    assert at.session_state["clips_answered"] == 3


def test_what_a_change_made_stands_where_the_address_has_not_heard_of_it(match: Match, selections: Selections) -> None:
    made = selections.make(match.id, [CLIP, CLIP], {})
    at = clips_page(match=match.id, classes="Goal")
    at.session_state["clips_made"], at.session_state["clips_changed"] = {match.id: made.id}, True
    assert component_data(at.run())["selection"] == made.id
    # Nothing was changed since, and the address names none: the match was opened anew.
    assert component_data(at.run())["selection"] is None


def test_a_conflict_is_shown_and_neither_wins(match: Match, selections: Selections) -> None:
    made = selections.make(match.id, [CLIP], {}, "Ours")
    selections.save(made.id, [CLIP, CLIP], {}, 1)
    at = clips_page(match=match.id, selection=made.id)
    at.session_state["clips_conflict"] = (made.id, (CLIP, CLIP, CLIP), {})
    at.run()
    assert "Theirs has 2 clips and is shown; yours has 3 clips" in " ".join(m.value for m in at.markdown)
    next(b for b in at.button if b.label == "Go on with theirs").click().run()
    assert "Theirs has" not in " ".join(m.value for m in at.markdown)


def test_the_export_button_queues_what_is_on_the_desk(match: Match, queue: JobQueue, selections: Selections) -> None:
    made = selections.make(match.id, [CLIP], {}, "Ours")
    at = clips_page(match=match.id, selection=made.id).run()
    at.button[-1].click().run()
    job = queue.of_match(match.id, CLIPS.name, 5)[0]
    order = Order.from_json(job.parameters["order"])
    assert order.clips == (CLIP,)
    assert (order.reel, order.cards, order.zipped, order.companions) == (True, True, False, ("sportscode", "otio"))
    assert "Cancel" in [b.label for b in at.button]


# --- the job ------------------------------------------------------------------------------------------


def test_an_export_is_done_told_and_saved(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    clips = (CLIP, Clip(1, 60_000_000, 61_000_000, "Foul"))
    job = CLIPS.ask(queue, clips_parameters({"": (match, None)}, Order(clips, zipped=True), "2 clips"), match.id)
    shares: list[float] = []
    KINDS.perform(job, Context(data, lambda share, *_: shares.append(share) or True), queue)
    taken = queue.take([CLIPS.name])
    queue.finish(taken, DONE)
    left = CLIPS.outcome(job, data)
    assert left is not None
    assert [p.name for p in left.files] == ["clips.zip"]
    assert [(c["number"], c["state"]) for c in left.failed] == [(2, "failed")]
    assert shares == sorted(shares)
    client = TestClient(_server())
    answer = client.get(f"{PREFIX}/download/{sealer().seal(left.files[0], 'download')}")
    assert answer.headers["content-disposition"] == 'attachment; filename="clips.zip"'
    assert answer.content[:2] == b"PK"
    assert client.get(f"{PREFIX}/download/{sealer().seal(left.files[0], 'media')}").status_code == 404
    at = clips_page(match=match.id).run()
    text = " ".join(h.value for h in at.get("html"))
    assert "clips.zip" in text
    assert "Clip 2 failed" in text
    next(b for b in at.button if b.label == "Retry what failed").click().run()
    assert queue.of_match(match.id, CLIPS.name, 5)[0].title == "1 clip again"
    CLIPS.delete(job, data)
    assert CLIPS.outcome(job, data) is None


def test_a_clip_across_an_empty_edit_is_told(
    library: Library, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    video = with_edits(make_video(tmp_path / "a.mp4", steady(200), b_frames=0), 0, CLOCK, SHOWN_AGAIN)
    match = library.add(str(video))
    clips = (CLIP, Clip(1, 3_000_000, 5_000_000, "Foul"))
    job = CLIPS.ask(queue, clips_parameters({"": (match, None)}, Order(clips), "2 clips"), match.id)
    KINDS.perform(job, Context(data, lambda *_: True), queue)
    queue.finish(queue.take([CLIPS.name]), DONE)
    at = clips_page(match=match.id).run()
    text = " ".join(h.value for h in at.get("html"))
    assert "Clip 2: Its video shows nothing from 00:04.00 to 00:06.00, as its edit list says" in text
    assert "Clip 1" not in text
    assert "Retry what failed" not in [b.label for b in at.button]


def test_a_cancelled_export_keeps_what_was_finished(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    order = Order((CLIP, Clip(1, 0, 5_000_000, "Foul")), zipped=True)
    job = CLIPS.ask(queue, clips_parameters({"": (match, None)}, order, "2 clips"), match.id)
    reports = [0]

    def report(*_: object) -> bool:
        reports[0] += 1
        return reports[0] < 8

    with pytest.raises(CancelledError, match="after 1 of 2 clips"):
        KINDS.perform(job, Context(data, report), queue)
    left = CLIPS.outcome(job, data)
    assert left is not None
    assert [p.name for p in left.files] == ["clips.zip"]
    assert [p.name for p in left.files[0].parent.iterdir()] == ["clips.zip"]


def _server():  # type: ignore[no-untyped-def]
    from starlette.applications import Starlette

    return Starlette(routes=routes())
