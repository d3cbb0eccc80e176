"""What an export of the demo match costs, plain and drawn on: the last table of ``make bench-clips``.

All spots of the shipped analysis in one reel with title cards, in this process. ``clips.estimate.DEMO`` says the same
where nothing has been exported yet; it is copied from here.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from app.components.look import look
from app.library.library import DEMO_ANALYSIS
from app.settings import DEMO
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.drawing import BOXES, CAPTION, MAP
from spotting_core.clips.estimate import Cost, is_drawn
from spotting_core.clips.export import export_clips
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Margins, clips_of
from spotting_core.clips.sources import Footage, Sources
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match


def measured(folder: Path, layers: frozenset[str]) -> Cost:
    """Export the demo match into a folder."""
    data, analysis = DataDirectory(folder / "data").ensure(), Analysis.open(DEMO_ANALYSIS)
    media = {half.half: ingest(half.path, data) for half in open_match(DEMO).halves}
    lengths = {half: one.table.duration for half, one in media.items()}
    clips = clips_of(analysis.spots(), Margins(analysis.classes), lengths)
    order = Order(tuple(clips), reel=True, layers=layers)
    footage = Footage(media, analysis.classes, analysis.record.title, {}, analysis)
    began = time.perf_counter()
    exported = export_clips(order, Sources.of_one(footage, look()), folder / "out")
    return exported.cost(time.perf_counter() - began, is_drawn(order))


def main() -> int:
    sys.stdout.write("| pictures | film s | pixels | size MB | seconds |\n|---|---|---|---|---|\n")
    for name, layers in (("plain", frozenset()), ("map, boxes and caption", frozenset({MAP, BOXES, CAPTION}))):
        with tempfile.TemporaryDirectory() as folder:
            cost = measured(Path(folder), layers)
        sys.stdout.write(f"| {name} | {cost.film:.1f} | {cost.pixels} | {cost.size / 1e6:.1f} | {cost.seconds:.1f} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
