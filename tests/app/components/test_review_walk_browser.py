"""The walk of somebody who has few labels: clips that are asked for, keys, a training, and a model that is offered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from app.settings import settings
from spotting_core.data_sets.data_set import DataSets
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import FILE_NAME, write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card
from spotting_core.models.known import known_models, remember
from spotting_core.models.load import load_model
from spotting_core.store.clip_reviews import ClipReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from tests.app.conftest import PATIENCE, Server, running
from tests.app.player_page import FIND, settle
from tests.conftest import small_model
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

MINUTES, RATE = 4, 2.0
MATCHES = ("labelled one", "labelled two", "nobody labelled")
ANSWERED = "() => find().review.pending.length === 0"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app of its own, with three analysed matches, two of them labelled, and a model that knows nothing."""
    folder = tmp_path_factory.mktemp("walk")
    with running(folder) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHLINE_ROOTS", str(server.root))
        settings.cache_clear()
        model = load_model(small_model(folder / "novice"))
        remember(model.folder, model.sha256, server.data)
        for number, name in enumerate(MATCHES):
            path = server.root / name
            path.mkdir()
            make_video(path / "1_180p.mp4", steady(round(60 * MINUTES * RATE), rate=RATE), first=900 * number)
            if name.startswith("labelled"):
                write_labels(path / FILE_NAME, [Spot(1, s * 1_000_000, "Goal") for s in range(10, 60 * MINUTES, 20)])
            analyse_match(open_match(path), model, server.data)
            server.library().add(str(path))
        yield server
    settings.cache_clear()


def match_named(server: Server, name: str) -> Match:
    return next(match for match in server.library().matches() if match.path.name == name)


def opened(page: Page, server: Server, match: Match) -> None:
    """The first clip of a match that the queue asks for."""
    page.goto(f"{server.url}/review?of=clips")
    page.locator(f"a.error[href*='match={match.id}']").first.click(timeout=PATIENCE)
    page.wait_for_url("**/match?*")
    page.evaluate(FIND)
    page.wait_for_function("() => find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)


def test_from_the_queue_to_a_model_that_is_offered(page: Page, place: Server) -> None:
    page.set_default_timeout(PATIENCE)
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    match, before = match_named(place, MATCHES[2]), set(known_models(place.data))
    opened(page, place, match)
    page.keyboard.press("d")
    page.keyboard.press("a")  # the first class
    page.wait_for_function("() => find().all.some((spot) => spot.added)")
    for _ in range(3):
        page.keyboard.press("i")
    page.wait_for_function(ANSWERED)
    database = open_database(place.data)
    watched = ClipReviews(database).watched(match.id)
    assert sum(one.end - one.start for one in watched) >= 3 * 15_000_000
    assert len(Reviews(database).of_match(match.id)) == 1

    page.goto(f"{place.url}/review?of=clips")
    page.get_by_role("button", name="Train", exact=True).click()
    dialog = page.get_by_role("dialog")
    model = dialog.get_by_role("combobox", name=re.compile("From this model on"))
    model.click()
    page.get_by_role("option", name=re.compile("novice|e2e-spot")).click()
    dialog.get_by_label("Name of the data set").fill("first evening")
    dialog.get_by_label("Name of the data set").press("Tab")
    dialog.get_by_role("button", name="Train", exact=True).click()
    expect(dialog).to_contain_text("The new model is among those of Analyse with", timeout=PATIENCE)
    expect(dialog).to_contain_text(re.compile(r"On (1 minute that was|[\d.]+ minutes that were) held out, with"))

    [made] = DataSets(place.data).all()
    assert sorted(Path(one.path).name for one in made.matches) == sorted(MATCHES)
    [new] = set(known_models(place.data)) - before
    card = read_card(known_models(place.data)[new])
    assert card.training["data_set"]["id"] == made.id
    page.keyboard.press("Escape")
    page.goto(f"{place.url}/match?match={match.id}")
    page.evaluate(FIND)
    page.wait_for_function("() => find()?.root.dataset.ready")
    assert new not in page.locator("body").inner_text()  # offered, and no match was switched to it
