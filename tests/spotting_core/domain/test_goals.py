"""The goals, by hand."""

from __future__ import annotations

from spotting_core.domain.goals import goal_lines
from spotting_core.domain.pitch import Pitch


def test_goals_stand_where_the_laws_say() -> None:
    """Left is left for who looks at a goal from the centre spot: towards the main camera at the left goal."""
    lines = goal_lines(Pitch(110, 72))
    ends = {name: points[[0, -1]].tolist() for name, points in lines.items()}
    assert ends == {
        "Goal left crossbar": [[-55, 3.66, -2.44], [-55, -3.66, -2.44]],
        "Goal left post left ": [[-55, 3.66, -2.44], [-55, 3.66, 0]],
        "Goal left post right": [[-55, -3.66, -2.44], [-55, -3.66, 0]],
        "Goal right crossbar": [[55, -3.66, -2.44], [55, 3.66, -2.44]],
        "Goal right post left": [[55, -3.66, -2.44], [55, -3.66, 0]],
        "Goal right post right": [[55, 3.66, -2.44], [55, 3.66, 0]],
    }
    assert [len(points) for points in lines.values()] == [10, 4, 4] * 2  # 7.32 m in nine steps, 2.44 m in three
