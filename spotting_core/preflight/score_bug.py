"""What the score bug shows: whether goals of a file and its score agree, and where its clock is away in a half."""

from __future__ import annotations

from collections.abc import Sequence

from spotting_core.domain.spots import Spot
from spotting_core.preflight.finding import NOTE, WARNING, Finding
from spotting_core.score_bug.match_clock import MatchClock
from spotting_core.score_bug.score_fit import ScoreChange

GOAL = "Goal"
_CHECK = "goals and score bug"
_NAMED = 4


def check_goals(clock: MatchClock, spots: Sequence[Spot]) -> list[Finding]:
    """Goals after which the score does not change, and changes of the score by one without a goal before them.

    Arguments:
        clock: what has been read of the match; where its score has not, nothing is said.
        spots: all that a file holds; the times of its goals are held against the score.
    """
    goals = [s for s in spots if s.label == GOAL]
    missed, belongs = [], set[tuple[int, ScoreChange]]()
    for goal in goals:
        others = [g.time for g in goals if g.half == goal.half]
        change = clock.change_of_goal(goal.half, goal.time, others)
        if change is not None:
            belongs.add((goal.half, change))
        elif clock.check_of_goal(goal.half, goal.time, others) is not None:
            missed.append(clock.parts.match_clock(goal.half, goal.time))
    scored = [(half, c) for half, file in clock.files.items() for c in file.score.changes if c.is_goal]
    alone = [f"{c} at {clock.parts.match_clock(half, c.time)}" for half, c in scored if (half, c) not in belongs]
    findings = []
    if missed:
        findings.append(Finding(_CHECK, WARNING, "goals after which the score bug does not change", _some(missed)))
    if alone:
        findings.append(Finding(_CHECK, WARNING, "the score bug changes where no goal is", _some(alone)))
    if belongs and not findings:
        findings.append(Finding(_CHECK, NOTE, f"all {len(belongs)} goals are followed by a change of the score"))
    return findings


def check_clock_gaps(clock: MatchClock) -> list[Finding]:
    """Minutes of a half in which no clock runs: what is spotted there may be no play."""
    gaps = [clock.gap_text(*gap) for gap in clock.gaps]
    what = "no match clock runs for minutes of a half, as in advertisements, a studio or long replays"
    return [Finding("match clock", NOTE, what, _some(gaps))] if gaps else []


def _some(moments: Sequence[str]) -> str:
    return ", ".join(moments[:_NAMED]) + (" …" if len(moments) > _NAMED else "")
