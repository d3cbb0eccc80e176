"""``python -m benchmarks.format_variations [--write]``: try every variation, and put what came of it into
docs/formats.md.

Exits with 1 where a case is read wrongly.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from benchmarks.format_variations.tried import WRONG, as_markdown, tried

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
BEGIN, END = "<!-- tried: begin, written by make tried -->\n", "<!-- tried: end -->\n"


def main() -> int:
    """Try, print and perhaps write; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write the table into docs/formats.md")
    arguments = parser.parse_args()
    results = list(tried())
    for one in results:
        if one.result == WRONG:
            sys.stdout.write(f"{one.form}: {one.said}\n    {one.case}\n")
    for what, count in Counter(f"{t.form} {t.result}" for t in results).items():
        sys.stdout.write(f"{what}: {count}\n")
    if arguments.write:
        text = DOCUMENT.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCUMENT.write_text(before + BEGIN + as_markdown(results) + END + after, encoding="utf-8")
    return int(any(t.result == WRONG for t in results))


if __name__ == "__main__":
    sys.exit(main())
