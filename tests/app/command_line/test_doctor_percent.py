"""Predictions in percent: every other command refuses them, the doctor tells what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from tests.app.commands import touchline
from tests.videos import make_video, steady


def test_percent_is_told_with_the_rest(tmp_path: Path) -> None:
    video = make_video(tmp_path / "match.mp4", steady(120, rate=10.0), first=8100)
    rows = [
        {
            "gameTime": f"1 - 00:{n:02d}",
            "label": "Goal",
            "position": str(n * 1000),
            "half": "1",
            "confidence": str(9.0 * n),
        }
        for n in range(1, 11)
    ]
    (tmp_path / "results_spotting.json").write_text(json.dumps({"UrlLocal": "", "predictions": rows}))
    done = touchline("doctor", video, "--predictions", tmp_path / "results_spotting.json")
    assert done.returncode == 1
    assert "confidences are not from 0 to 1" in done.stdout
