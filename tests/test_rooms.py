"""Rooms of the code import one another in one direction only."""

from __future__ import annotations

import ast
from collections import defaultdict

import pytest

from tests.conftest import REPOSITORY


def room_of(module: str, package: str) -> str:
    """The folder (or module) directly below a package that a module lies in."""
    return module.removeprefix(f"{package}.").split(".")[0]


def imports(package: str) -> dict[str, set[str]]:
    """Which rooms of a package each of its rooms imports."""
    modules: dict[str, set[str]] = defaultdict(set)
    root = REPOSITORY / package
    for path in root.rglob("*.py"):
        own = path.relative_to(root).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.startswith(f"{package}."):
                modules[own].add(room_of(module, package))
    return {room: others - {room} for room, others in modules.items()}


def reached(room: str, edges: dict[str, set[str]]) -> set[str]:
    visited: set[str] = set()
    waiting = [room]
    while waiting:
        for other in edges.get(waiting.pop(), set()) - visited:
            visited.add(other)
            waiting.append(other)
    return visited


@pytest.mark.parametrize("package", ["spotting_core", "explain"])
def test_no_room_imports_one_that_imports_it(package: str) -> None:
    edges = imports(package)
    assert len(edges) > 5
    assert [room for room in sorted(edges) if room in reached(room, edges)] == []


def test_a_cycle_would_be_seen() -> None:
    assert reached("a", {"a": {"b"}, "b": {"c"}, "c": {"a"}}) == {"a", "b", "c"}
