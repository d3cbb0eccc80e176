"""No text from outside reaches Streamlit's Markdown unescaped: every call that takes Markdown is looked at in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FILES = sorted(p for room in ("views", "workspace", "components") for p in (REPOSITORY / "app" / room).rglob("*.py"))
FIRST = {  # what is given first is Markdown
    "badge", "button", "caption", "checkbox", "date_input", "dialog", "download_button", "error", "expander",
    "file_uploader", "form_submit_button", "header", "info", "link_button", "markdown", "metric", "multiselect",
    "number_input", "page_link", "pills", "popover", "radio", "segmented_control", "select_slider", "selectbox", "slider",
    "spinner", "status", "subheader", "success", "tabs", "text_area", "text_input", "time_input", "title", "toast",
    "toggle", "warning", "write",
}  # fmt: skip
NAMED = {"body", "label", "help", "text", "caption", "captions"}
ALSO_OTHERS = {"title", "write", "metric"}  # methods of other things than Streamlit as well
OPTIONS = {"pills", "radio", "segmented_control"}  # whose options are Markdown as well
SAFE = {
    "plain",
    "_named",
    "len",
    "int",
    "round",
    "clips",
    "length",
    "progress_text",
    "size_text",
}  # what they give is our own


def _called(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)


class Judge:
    """Whether expressions of one function hold nothing but text of ours and what ``plain`` has made of other text."""

    def __init__(self, function: ast.AST) -> None:
        self.values: dict[str, list[ast.expr]] = {}
        self.unknown: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.arguments):
                self.unknown |= {a.arg for a in (*node.posonlyargs, *node.args, *node.kwonlyargs)}
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.values.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.NamedExpr) or (
                isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
            ):
                self.values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, (ast.For, ast.comprehension)):
                self.unknown |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        for name, value in zip(target.elts, node.value.elts, strict=False):
                            if isinstance(name, ast.Name):
                                self.values.setdefault(name.id, []).append(value)
                    else:
                        self.unknown |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}

    def safe(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        match node:
            case None | ast.Constant() | ast.Compare():
                return True
            case ast.JoinedStr(values):
                return all(self.safe(value, seen) for value in values)
            case ast.FormattedValue(value, _, spec):
                return _numeric(spec) or self.safe(value, seen)
            case ast.IfExp(_, one, other):
                return self.safe(one, seen) and self.safe(other, seen)
            case ast.BoolOp(_, values):
                return all(self.safe(value, seen) for value in values)
            case ast.BinOp(one, _, other):
                return self.safe(one, seen) and self.safe(other, seen)
            case ast.List(elts) | ast.Tuple(elts):
                return all(self.safe(value, seen) for value in elts)
            case ast.Dict(keys, _):
                return all(self.safe(value, seen) for value in keys)
            case ast.Subscript(value, _):  # one of several
                return self.safe(value, seen)
            case ast.Call():
                return self._safe_call(node, seen)
            case ast.GeneratorExp(element, _) | ast.ListComp(element, _):
                return self.safe(element, seen)
            case ast.Attribute(_, name):  # a constant of another module
                return name.isupper()
            case ast.Name(name):
                if name.lstrip("_").isupper():
                    return True
                known = self.values.get(name, [])
                new = seen | {name}
                return (
                    name not in self.unknown and bool(known) and all(name in seen or self.safe(v, new) for v in known)
                )
        return False

    def _safe_call(self, call: ast.Call, seen: frozenset[str]) -> bool:
        name = _called(call)
        if name == "join" and isinstance(call.func, ast.Attribute):
            return self.safe(call.func.value, seen) and all(self.safe(a, seen) for a in call.args)
        if name in ("list", "get") and isinstance(call.func, ast.Name):
            return all(self.safe(a, seen) for a in call.args)
        if name == "count_of":  # a number, and what is counted
            return all(self.safe(a, seen) for a in call.args[1:])
        return name in SAFE

    def safe_labels(self, call: ast.Call) -> bool:
        """Whether the options of a choice are ours, or are shown by what makes them so."""
        shown = next((k.value for k in call.keywords if k.arg == "format_func"), None)
        if isinstance(shown, ast.Lambda):
            return Judge(ast.Module([], [])).safe(shown.body) or self._plain_lambda(shown)
        if shown is not None:
            return isinstance(shown, (ast.Attribute, ast.Name)) and getattr(shown, "attr", None) == "plain"
        return len(call.args) < 2 or self.safe(call.args[1])

    def _plain_lambda(self, shown: ast.Lambda) -> bool:
        return isinstance(shown.body, ast.Call) and _called(shown.body) == "plain"


def _numeric(spec: ast.expr | None) -> bool:
    """Whether a format is one of numbers."""
    if not isinstance(spec, ast.JoinedStr) or not spec.values:
        return False
    last = spec.values[-1]
    return isinstance(last, ast.Constant) and str(last.value)[-1:] in "fdge%,"


def _functions(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Every call, with the outermost function that it is in."""
    for top in tree.body:
        scopes = top.body if isinstance(top, ast.ClassDef) else [top]
        for scope in scopes:
            for node in ast.walk(scope):
                if isinstance(node, ast.Call):
                    yield scope, node


def unescaped(source: str) -> list[int]:
    """Lines of calls that give Streamlit's Markdown something that may come from outside."""
    wrong = []
    for scope, call in _functions(ast.parse(source)):
        name = _called(call)
        if not isinstance(call.func, ast.Attribute) or name not in FIRST | {"progress", "image"}:
            continue
        owner = call.func.value
        if name in ALSO_OTHERS and not (isinstance(owner, ast.Name) and owner.id == "st"):
            continue
        if isinstance(owner, ast.Name) and owner.id == "page":
            continue
        judge = Judge(scope)
        texts = [call.args[0]] if name in FIRST and call.args else []
        texts += [k.value for k in call.keywords if k.arg in NAMED]
        if not all(judge.safe(text) for text in texts) or (name in OPTIONS and not judge.safe_labels(call)):
            wrong.append(call.lineno)
    return wrong


@pytest.mark.parametrize(
    "line",
    [
        "st.error(str(problem))",
        "st.caption(f'{job.title}')",
        "st.toast(name)",
        "st.button('Go', help=finding.fix)",
        "st.markdown('**' + match.home + '**')",
        "st.pills('Teams', [match.home, match.away])",
        "st.pills('Teams', teams, format_func=lambda t: names[t])",
        "st.progress(0.5, text=job.stage)",
        "st.expander(f'{count:d} of {name}')",
        "columns[0].error(words)",
    ],
)
def test_what_comes_from_outside_is_found(line: str) -> None:
    assert unescaped(f"def show(problem, name):\n    {line}") == [2]


@pytest.mark.parametrize(
    "line",
    [
        "st.error(page.plain(problem))",
        "st.caption(f'{page.plain(job.title)}, {share:.0%}')",
        "st.toast(f'{len(files)} files')",
        "st.pills('Teams', teams, format_func=page.plain)",
        "st.pills('Teams', teams, format_func=lambda t: page.plain(names[t]))",
        "st.radio('Which', ['Home', 'Away'])",
        "st.write('Home' if known else 'Away')",
    ],
)
def test_what_is_ours_is_let_through(line: str) -> None:
    assert unescaped(f"def show(problem, name):\n    {line}") == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(REPOSITORY).as_posix())
def test_no_view_gives_markdown_what_comes_from_outside(path: Path) -> None:
    assert unescaped(path.read_text(encoding="utf-8")) == []
