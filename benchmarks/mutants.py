"""Whether the tests notice a single fault: ``make mutants``, or ``make mutants MODULE=explain/maps.py SAMPLE=100``.

Every fault of ``benchmarks.mutations`` is put into a copy of the repository, one at a time, and the tests that belong
to the module run on it, on one thread, up to the first that fails. A fault is noticed if one fails or does not end.
A run takes the tests' own time: what they import from elsewhere is imported once, and each fault gets a fork. Tests on
PostgreSQL and in a browser stay out. Of a module whose tests take long a sample of its faults may do (``SAMPLE``),
which is the same every time. Prints the share of each module that was noticed and the faults that were not; exits with
1 if a share is below ``WANTED``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.copied_tree import REPOSITORY, copied_tree
from benchmarks.mutations import Mutant, mutants_of

WANTED = 0.9
_CORE = "tests/spotting_core"
TESTS: dict[str, tuple[str, ...]] = {
    "spotting_core/inference/merge.py": (f"{_CORE}/inference/test_merge.py",),
    "spotting_core/models/targets.py": (f"{_CORE}/models/test_targets.py",),
    "spotting_core/models/window_plan.py": (f"{_CORE}/models/test_window_plan.py",),
    "spotting_core/models/window.py": (f"{_CORE}/models/test_window.py",),
    "spotting_core/inference/score.py": (f"{_CORE}/inference/test_score.py",),
    "spotting_core/samples/half.py": (f"{_CORE}/samples/test_half.py",),
    "spotting_core/evaluation/matching.py": (f"{_CORE}/evaluation/test_matching.py",),
    "spotting_core/domain/suppression.py": (f"{_CORE}/domain/test_suppression.py",),
    "spotting_core/entities/table.py": (f"{_CORE}/entities/test_table.py",),
    "spotting_core/models/context.py": (f"{_CORE}/models/test_calf.py",),
    "spotting_core/training/clips.py": (f"{_CORE}/training/test_clips.py",),
    "spotting_core/training/variation.py": (f"{_CORE}/training/test_variation.py",),
    "spotting_core/media/times.py": (f"{_CORE}/media/test_times.py", f"{_CORE}/media/test_media.py"),
    "spotting_core/jobs/queue.py": (f"{_CORE}/jobs/test_queue.py",),
    "explain/maps.py": ("tests/explain/test_maps.py",),
    "explain/integrated_gradients.py": ("tests/explain/test_integrated_gradients.py",),
    "explain/attribution.py": ("tests/explain/test_attribution.py",),
    "explain/probe.py": ("tests/explain/test_probe.py", "tests/explain/test_feature_probe.py"),
}
"""The tests that belong to a module."""

_OUT = Console()
_ARGUMENTS = ("-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", "-m", "not browser and not gpu")
_PASSED, _FAILED, _NO_TESTS = 0, 1, 5
_LEAST_WAIT, _PATIENCE = 10.0, 5.0  # seconds, and times as long as the tests take without a fault
_MEMORY = 12 * 2**30


@dataclass(frozen=True)
class Measured:
    """What became of those of a module's faults that were put in.

    Arguments:
        faults: all that there are; mutants: how many of them were put in.
    """

    module: str
    faults: int
    mutants: int
    survivors: Sequence[Mutant]

    @property
    def share(self) -> float:
        return 1 - len(self.survivors) / max(1, self.mutants)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=sorted(TESTS), help="of those known; all where none is named")
    parser.add_argument("--sample", type=int, metavar="N", help="of each module put in so many faults, drawn by a seed")
    options = parser.parse_args()
    modules = options.modules
    if unknown := [m for m in modules if m not in TESTS]:
        parser.error(f"no tests are known to belong to {unknown[0]}; name them in {Path(__file__).name}")
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    measured = []
    with copied_tree() as root:
        for module in modules:
            measured.append(_measured(root, module, options.sample))
            _print(f"{module}: {measured[-1].share:.2f} noticed")
    _print(f"\n{'module':42} {'faults':>8} {'mutants':>8} {'noticed':>8} {'share':>6}")
    for one in measured:
        noticed = one.mutants - len(one.survivors)
        _print(f"{one.module:42} {one.faults:8} {one.mutants:8} {noticed:8} {one.share:6.2f}")
    return int(any(one.share < WANTED for one in measured))


def _print(line: str) -> None:
    _OUT.print(line, markup=False, highlight=False, soft_wrap=True)


def sampled(mutants: Sequence[Mutant], most: int | None) -> Sequence[Mutant]:
    """As many of the faults, the same every time, in their order; all where ``most`` is None."""
    if most is None or most >= len(mutants):
        return mutants
    chosen = random.Random(0).sample(range(len(mutants)), most)
    return [mutants[i] for i in sorted(chosen)]


def _measured(root: Path, module: str, most: int | None) -> Measured:
    path, tests = root / module, TESTS[module]
    source = (REPOSITORY / module).read_text(encoding="utf-8")
    _import_what_tests_import(root, tests)
    began, without = time.monotonic(), _outcome(root, tests, limit=3600.0)
    if without != _PASSED:
        raise SystemExit(f"{' '.join(tests)}: pytest ends with {without} though there is no fault")
    taken = time.monotonic() - began
    limit = _LEAST_WAIT + _PATIENCE * taken
    faults = mutants_of(source)
    mutants, survivors = sampled(faults, most), []
    _print(f"{module}: {len(mutants)} of {len(faults)} faults; the tests take {taken:.1f} s")
    for mutant in mutants:
        path.write_text(mutant.source, encoding="utf-8")
        for cached in path.parent.glob(f"__pycache__/{path.stem}.*"):
            cached.unlink()
        if _outcome(root, tests, limit) == _PASSED:
            survivors.append(mutant)
            _print(f"  {module}:{mutant.line}  {mutant.before}  ->  {mutant.after}")
    path.write_text(source, encoding="utf-8")
    return Measured(module, len(faults), len(mutants), survivors)


def _import_what_tests_import(root: Path, tests: Sequence[str]) -> None:
    """Import here, once, all packages from elsewhere that a module's tests import."""
    listed = root.parent / "imported.json"
    _outcome(root, tests, limit=3600.0, listed=listed)
    for name in json.loads(listed.read_text()):
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:  # what only works at its own time is imported then
                continue


def _outcome(root: Path, tests: Sequence[str], limit: float, listed: Path | None = None) -> int:
    """pytest's exit status in a fork that reads the copy; that of a failure where it has to be ended.

    Arguments:
        limit: seconds; listed: where the names of the packages from elsewhere go that were imported.
    """
    child = os.fork()
    if child == 0:
        status = _FAILED
        try:
            status = _run_tests(root, tests, listed)
        finally:
            os._exit(status)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == _NO_TESTS:
                raise SystemExit(f"no test was found in {' '.join(tests)}")
            return code if code >= 0 else _FAILED
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _FAILED


def _run_tests(root: Path, tests: Sequence[str], listed: Path | None) -> int:
    """In the fork: what it prints goes nowhere, and compiled files are written only where there is no fault."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.chdir(root)
    sys.path[:] = [str(root), *(p for p in sys.path if p and Path(p).resolve() != REPOSITORY)]
    os.environ["PYTHONPATH"] = str(root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # looking for plugins takes longer than most tests
    if listed is None:
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in [n for n in sys.modules if n.split(".")[0] == "benchmarks"]:
        del sys.modules[name]
    import hypothesis
    import pytest

    # The same examples for every fault; which of them is the simplest that fails does not matter here.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    status = int(pytest.main([*_ARGUMENTS, f"--rootdir={root}", f"--basetemp={root.parent / 'tests'}", *tests]))
    if listed is not None:
        elsewhere = [n for n, m in sys.modules.items() if "site-packages" in (getattr(m, "__file__", None) or "")]
        listed.write_text(json.dumps(sorted(elsewhere)))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
