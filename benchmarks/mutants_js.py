"""Whether the browser's tests notice a fault of what JavaScript draws, or of where it is clicked: ``make mutants-js``.

Each fault of ``FAULTS`` is put into a copy of the repository, one at a time: of all scripts one has to hold the words
that it exchanges, once. The test that is named beside it has to pass without the fault and to fail with it. Exits with
1 if one does not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.copied_tree import copied_tree

_SCRIPTS = "app/components/scripts"
_TESTS = "tests/app/components"
_PASSED, _FAILED = 0, 1


@dataclass(frozen=True)
class Fault:
    """What is wrong; the words of a script that are exchanged, and for which; the test that has to notice."""

    what: str
    before: str
    after: str
    test: str


_BOX = "test_browser.py::test_the_box_is_drawn_where_the_sample_has_it"
_SEEK = "test_browser.py::test_fifty_seeks_show_the_frame_they_name_and_its_own_overlay"
_MAP = "test_drawn_browser.py::test_the_map_is_that_of_its_sample_and_lies_in_its_place"
_REASONS = "test_drawn_browser.py::test_what_decided_a_spot_lies_over_the_moments_around_it"
_CLICK = "test_drawn_browser.py::test_a_click_shows_the_very_frame_under_it"
_CARDS = "test_explain_browser.py::test_maps_lie_on_their_frame_and_in_their_place"
_BOX_QUERY = "test_explain_browser.py::test_a_box_that_is_drawn_is_what_is_asked"
_TRIM = "test_clips_browser.py::test_a_drag_moves_the_out_point_and_lead_and_lag_move_what_was_not_trimmed"

FAULTS = (
    Fault("boxes mirrored", "place.x + box[0] * place.w", "place.x + (1 - box[2]) * place.w", _BOX),
    Fault("boxes upside down", "place.y + box[1] * place.h", "place.y + (1 - box[3]) * place.h", _BOX),
    Fault("boxes with exchanged axes", "[corner(0), corner(1), corner(2), corner(3)]",
          "[corner(1), corner(0), corner(3), corner(2)]", _BOX),
    Fault("boxes of the next sample", "return entities.of(sample);", "return entities.of(sample + 1);", _BOX),
    Fault("the map of the next sample", "sample * grid[0] * grid[1]", "(sample + 1) * grid[0] * grid[1]", _MAP),
    Fault("a map mirrored", "4 * values[from + i] + 4), 4 * i)",
          "4 * values[from + i] + 4), 4 * (i + w - 1 - 2 * (i % w)))", _MAP),
    Fault("a map with exchanged axes", "map(values, from, [h, w], place", "map(values, from, [w, h], place", _MAP),
    Fault("what decided at the next sample", "reasons.values[sample - reasons.first]",
          "reasons.values[sample - reasons.first + 1]", _REASONS),
    Fault("a map drawn beside the picture", "drawImage(this.small, place.x, place.y, place.w, place.h)",
          "drawImage(this.small, place.x + place.w / 3, place.y, place.w, place.h)", _MAP),
    Fault("the sample after the nearest", "sample = nearest(arrays.samples, time)",
          "sample = nearest(arrays.samples, time) + 1", _SEEK),
    Fault("a click on the lanes six pixels off", "[event.clientX - box.left, event.clientY - box.top]",
          "[event.clientX - box.left + 6, event.clientY - box.top]", _CLICK),
    Fault("the map of the next sample among the explanations", "card.values[at * count + i]",
          "card.values[(at + 1) * count + i]", _CARDS),
    Fault("a map of an explanation with exchanged axes", "const [rows, columns] = card.grid",
          "const [columns, rows] = card.grid", _CARDS),
    Fault("a map of an explanation mirrored", "table.subarray(4 * value, 4 * value + 4), 4 * i)",
          "table.subarray(4 * value, 4 * value + 4), 4 * (i + columns - 1 - 2 * (i % columns)))", _CARDS),
    Fault("a box that is asked about twelve pixels off", "(event.clientX - r.left) / r.width",
          "(event.clientX - r.left + 12) / r.width", _BOX_QUERY),
    Fault("a box that is asked about with exchanged axes",
          "[(event.clientX - r.left) / r.width, (event.clientY - r.top) / r.height]",
          "[(event.clientY - r.top) / r.height, (event.clientX - r.left) / r.width]", _BOX_QUERY),
    Fault("a clip trimmed six pixels off", "((event.clientX - box.left) / box.width)",
          "((event.clientX - box.left + 6) / box.width)", _TRIM),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only faults that have one of these words in their name")
    words = parser.parse_args().words
    faults = [f for f in FAULTS if not words or any(word in f.what for word in words)]
    print_line = Console().print
    unnoticed = []
    with copied_tree() as root:
        for test in dict.fromkeys(f.test for f in faults):
            if (status := _outcome(root, test)) != _PASSED:
                raise SystemExit(f"{test}: pytest ends with {status} though there is no fault")
        for fault in faults:
            path = _script_with(root, fault)
            source = path.read_text(encoding="utf-8")
            path.write_text(source.replace(fault.before, fault.after), encoding="utf-8")
            noticed = _outcome(root, fault.test) == _FAILED
            path.write_text(source, encoding="utf-8")
            print_line(
                f"{'noticed' if noticed else 'NOT NOTICED':12} {fault.what} ({path.name}; {fault.test})", soft_wrap=True
            )
            if not noticed:
                unnoticed.append(fault)
    print_line(f"{len(faults) - len(unnoticed)} of {len(faults)} faults noticed")
    return int(bool(unnoticed))


def _script_with(root: Path, fault: Fault) -> Path:
    """The script that holds the words of a fault."""
    scripts = [p for p in sorted((root / _SCRIPTS).rglob("*.js")) if fault.before in p.read_text(encoding="utf-8")]
    if len(scripts) != 1 or scripts[0].read_text(encoding="utf-8").count(fault.before) != 1:
        raise SystemExit(f"{fault.what}: {fault.before!r} has to stand once in one script, not in {len(scripts)}")
    return scripts[0]


def _outcome(root: Path, test: str) -> int:
    """pytest's exit status on the copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"{_TESTS}/{test}"]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True).returncode


if __name__ == "__main__":
    raise SystemExit(main())
