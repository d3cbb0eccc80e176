"""Which clips of the library people are asked to watch."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.library.library import Library, Match
from spotting_core.active.asked_clips import AskedClip, MatchClips, ask_for_clips, clips_of_analysis
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import FileState
from spotting_core.data_sets.freeze import watched_stretches
from spotting_core.domain.stretches import Stretch
from spotting_core.store.clip_reviews import ClipReviews
from spotting_core.store.reviews import OPEN, ReviewedSpot

_MOST = 500  # batches that are kept
Analysed = Mapping[str, tuple[Match, Sequence[Analysis]]]
"""Matches with their analyses, the one that is used first, by the library's name."""


def ask(
    library: Library,
    analysed: Analysed,
    known: Mapping[str, Sequence[ReviewedSpot]],
    clip_reviews: ClipReviews,
    strategy: str,
    count: int,
    never: Collection[tuple[str, Stretch]] = (),
) -> list[AskedClip]:
    """The next clips to be watched, of matches that nobody has labelled as a whole.

    Arguments:
        known: reviews of each match; never: clips that are not wanted.

    Errors:
        BadInputError: there is no such strategy.
    """
    clips, watched = {}, {}
    for name, (match, analyses) in analysed.items():
        if _labelled(library, match):
            continue
        try:
            clips[name] = _clips(analyses[0].folder, FileState.of(analyses[0].folder / ANALYSIS_FILE))
        except (TouchlineError, OSError):  # the Match view says what is wrong with it
            continue
        lengths = {half.half: half.record.duration for half in analyses[0].halves}
        judged = [review for review in known[name] if review.state != OPEN]
        watched[name] = watched_stretches(lengths, judged, clip_reviews.watched(name), labelled=False)
    return ask_for_clips(clips, watched, strategy, count, never)


def _labelled(library: Library, match: Match) -> bool:
    """Whether somebody has labelled a match as a whole; where that cannot be read nobody is asked for it either."""
    try:
        return library.labels(match) is not None
    except TouchlineError:
        return True


@lru_cache(maxsize=512)
def _clips(folder: Path, _state: FileState) -> MatchClips:
    return clips_of_analysis(Analysis.open(folder))


@dataclass(frozen=True)
class Batch:
    """Clips that were asked for together.

    Arguments:
        left: clips of matches that were asked for before them and left.
    """

    strategy: str
    clips: tuple[AskedClip, ...]
    left: frozenset[tuple[str, Stretch]] = frozenset()

    def of_match(self, match: str) -> dict[Stretch, str]:
        """The clips of a match, each with the reason."""
        return {one.clip: one.why for one in self.clips if one.match == match}


class Batches:
    """The batches of this app by their names, which stand in addresses: each page that is opened has a session of its
    own. The oldest are forgotten; then the clip that an address names is asked for alone."""

    def __init__(self) -> None:
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._guard = threading.Lock()

    def keep(self, batch: Batch) -> str:
        """Keep a batch; gives its name."""
        name = secrets.token_hex(6)
        with self._guard:
            self._batches[name] = batch
            while len(self._batches) > _MOST:
                self._batches.popitem(last=False)
        return name

    def get(self, name: str | None) -> Batch | None:
        """A batch by its name; None where it was forgotten."""
        with self._guard:
            return self._batches.get(name or "")
