"""Everything that is tried to get in or to bring the app down: ``make attack``.

    python -m benchmarks.attacks [--group NAME] [--list]

Every attack runs in a process of its own, in an empty folder, with a bound on its time and its memory; a process that
dies or does not end has fallen. All of it stays on this machine. Prints by group how many were tried and how many held,
and ends with 1 if any did not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table
from streamlit.logger import set_log_level

from benchmarks.attacks import files, server, videos
from benchmarks.attacks.attack import Attack, Outcome

SECONDS = 60  # that an attack may take
MEMORY = 1500 * 2**20  # bytes of its own that it may take

_FORK = multiprocessing.get_context("fork")


def held(attack: Attack) -> tuple[Outcome, str]:
    """How an attack ended, and why where it fell."""
    ours, theirs = _FORK.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="touchline-attack-") as folder:
        process = _FORK.Process(target=_run, args=(attack, Path(folder), theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            told = ours.recv() if ours.poll(SECONDS) else (Outcome.FELL, f"it did not end in {SECONDS} s")
        except EOFError:
            process.join(5)
            told = (Outcome.FELL, f"its process ended with {process.exitcode}")
        if process.is_alive():
            process.join(2)
            process.kill()
        process.join()
    return told


def _run(attack: Attack, folder: Path, told: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    used = int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line).split()[1])
    limit = used * 1024 + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        told.send((attack.run(folder), ""))
    except BaseException as error:
        told.send((Outcome.FELL, "".join(traceback.format_exception_only(error)).strip()))


def run(attacks: Iterable[Attack], out: Console) -> bool:
    """Try attacks one after the other; whether all of them held."""
    ended: dict[str, list[Outcome]] = defaultdict(list)
    began = time.monotonic()
    for attack in attacks:
        outcome, why = held(attack)
        ended[attack.group].append(outcome)
        if outcome is Outcome.FELL:
            out.print(f"fell: {attack.group}: {attack.name}", style="red", highlight=False, markup=False)
            if why:
                out.print(f"     {why}", highlight=False, markup=False)
    table = Table("group", "tried", "refused", "harmless", "fell")
    for group, outcomes in sorted(ended.items()):
        table.add_row(group, str(len(outcomes)), *(str(outcomes.count(outcome)) for outcome in Outcome))
    every = [outcome for outcomes in ended.values() for outcome in outcomes]
    fallen = every.count(Outcome.FELL)
    out.print(table)
    out.print(f"{len(every)} tried, {len(every) - fallen} held, {fallen} fell, {time.monotonic() - began:.0f} s")
    return not fallen


def main() -> int:
    parser = argparse.ArgumentParser(description="Tries to get in and to bring the app down, on this machine alone.")
    parser.add_argument("--group", help="the only group that is tried")
    parser.add_argument("--list", action="store_true", help="say what would be tried")
    options = parser.parse_args()
    every = [*server.attacks(), *files.attacks(), *videos.attacks()]
    groups = dict.fromkeys(attack.group for attack in every)
    if options.group not in (None, *groups):
        parser.error(f"there is no group {options.group!r}; known: {', '.join(groups)}")
    chosen = [attack for attack in every if options.group in (None, attack.group)]
    out = Console(width=max(100, Console().width))
    os.environ["STREAMLIT_LOGGER_LEVEL"] = "error"
    set_log_level("ERROR")  # pages without a browser are warned of otherwise
    if options.list:
        for attack in chosen:
            out.print(f"{attack.group}: {attack.name}", highlight=False, markup=False)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the app that is attacked ends as well
    with server.target():
        return 0 if run(chosen, out) else 1


if __name__ == "__main__":
    sys.exit(main())
