"""The order of the house: app over explain over spotting_core, and a quick start without the deep learning."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FORBIDDEN = {"spotting_core": {"app", "explain", "streamlit"}, "explain": {"app", "streamlit"}}


def imported(path: Path) -> set[str]:
    """Top packages that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", list(FORBIDDEN))
def test_no_layer_imports_the_one_above(package: str) -> None:
    files = list((REPOSITORY / package).rglob("*.py"))
    assert len(files) > 5
    wrong = {
        str(f.relative_to(REPOSITORY)): sorted(imported(f) & FORBIDDEN[package])
        for f in files
        if imported(f) & FORBIDDEN[package]
    }
    assert wrong == {}


@pytest.mark.parametrize("module", ["app.command_line", "app.views.match", "app.views.library", "app.routes.http"])
def test_the_app_and_the_command_line_start_without_torch_and_what_reads_text(module: str) -> None:
    script = f"import sys, {module}; print(not {{'torch', 'rapidocr', 'onnxruntime'}}.isdisjoint(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
