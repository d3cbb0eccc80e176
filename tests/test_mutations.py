"""The faults that tests have to notice: which are made of a line, and that each is but one."""

from __future__ import annotations

import ast

import pytest

from benchmarks.mutants import TESTS, sampled
from benchmarks.mutants_js import FAULTS, Fault
from benchmarks.mutations import mutants_of
from tests.conftest import REPOSITORY


def made(source: str) -> set[str]:
    return {m.source for m in mutants_of(source)}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a == b", {"a != b"}),
        ("a is None", {"a is not None"}),
        ("a < b <= c", {"a <= b <= c", "a >= b <= c", "a < b < c", "a < b > c"}),
        ("a and b", {"a or b"}),
        ("x if a else y", {"x if not a else y"}),
        ("not a", {"a"}),
        ("-a", {"a"}),
        ("a - b", {"a + b"}),
        ("a * 2", {"a / 2", "a * 3"}),
        ("a += b", {"a -= b"}),
        ("a[i]", {"a[i + 1]"}),
        ("a[i:j]", {"a[i + 1:j]", "a[i:j + 1]"}),
        ("a[:, 0]", {"a[0, :]", "a[:, 1]"}),
        ("a[x, y]", {"a[y, x]"}),
        ("f(a, b, c)", {"f(b, a, c)", "f(a, c, b)"}),
        ("(a, b)", {"(b, a)"}),
        ("min(a, b)", {"max(a, b)"}),
        ("np.floor(a)", {"np.ceil(a)"}),
        ("x = True", {"x = False"}),
        ("a in (b, c)", {"a not in (b, c)"}),
        ("x = 0.0001", {"x = 0.0002"}),
        ("np.where(a, b, c)", {"np.where(b, a, c)", "np.where(a, c, b)"}),
        ("x = 0.5", {"x = 1.5"}),
    ],
)
def test_faults_of_a_line(source: str, faults: set[str]) -> None:
    assert made(source) == {ast.unparse(ast.parse(fault)) for fault in faults}


@pytest.mark.parametrize(
    "source",
    [
        '"""Words 1 + 1."""',
        "log.info('%d', a + 1)",
        "assert a < b",
        "raise ValueError(f'{a + 1}')",
        "def f(a: X | None) -> tuple[int, str]: ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "A, B = 'a', 'b'",
        "f('a', 'b')",
        "np.dtype([('a', 'i4'), ('b', 'f4')])",
        "try: ...\nexcept (A, B): ...",
        "'a' + b",
        "f(*a, b)",
        "isinstance(a, b)",
        "or_(a, and_(b, c))",
        "select(a).where(b, c)",
    ],
)
def test_what_says_nothing_of_what_is_computed_stays(source: str) -> None:
    assert made(source) == set()


def test_each_fault_is_one_and_names_its_line() -> None:
    source = "def f(a, b):\n    if a > b:\n        return a[0]\n    return min(a, 3)\n"
    mutants = mutants_of(source)
    assert [(m.line, m.before, m.after) for m in mutants] == [
        (2, "a > b", "a >= b"), (2, "a > b", "a <= b"), (3, "0", "1"), (4, "min(a, 3)", "max(a, 3)"), (4, "3", "4")
    ]  # fmt: skip
    whole = ast.unparse(ast.parse(source)).splitlines()
    for mutant in mutants:
        lines = mutant.source.splitlines()
        assert [n + 1 for n, (one, other) in enumerate(zip(whole, lines, strict=True)) if one != other] == [mutant.line]


def test_a_sample_of_faults_is_the_same_every_time_and_in_order() -> None:
    mutants = mutants_of("x = [1, 2, 3, 4, 5]\ny = [6, 7]\nz = a + b\n")
    some = sampled(mutants, 5)
    assert some == sampled(mutants, 5) == [m for m in mutants if m in some]
    assert len(some) == 5
    assert sampled(mutants, None) == sampled(mutants, 100) == mutants


def test_modules_and_the_tests_that_belong_to_them_are_there() -> None:
    for module, tests in TESTS.items():
        assert all((REPOSITORY / name).is_file() for name in (module, *tests)), module


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.what)
def test_what_a_fault_of_the_scripts_exchanges_stands_there_once(fault: Fault) -> None:
    scripts = [p.read_text(encoding="utf-8") for p in (REPOSITORY / "app/components/scripts").rglob("*.js")]
    assert sum(script.count(fault.before) for script in scripts) == 1
    file, name = fault.test.split("::")
    assert f"def {name}(" in (REPOSITORY / "tests/app/components" / file).read_text(encoding="utf-8")
