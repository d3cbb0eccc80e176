"""Single faults of a Python module, of the kinds that slip in: each is the module's source with one place changed.

* a comparison with another border or turned round, a condition turned round, ``and`` for ``or``;
* another arithmetic operation, a sign dropped, a number one off (one below a thousandth doubled);
* an index or an end of a slice one further;
* two neighbours exchanged: arguments of a call, parts of a tuple or a list, so the axes of an index too;
* the smaller for the greater, ``all`` for ``any``, zeros for ones.

Words, annotations, decorators, assertions and what an error or the log says are left as they are: they say nothing
of what is computed.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_PAIRS = (("min", "max"), ("minimum", "maximum"), ("amin", "amax"), ("argmin", "argmax"), ("floor", "ceil"),
          ("any", "all"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("new_zeros", "new_ones"))  # fmt: skip
_NAMED = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_ANY_ORDER = {
    "isinstance", "getattr", "hasattr", "min", "max", "minimum", "maximum", "array_equal", "and_", "or_"
}  # fmt: skip
"""Calls whose arguments may stand in any order, or in no other."""
_UNTOUCHED = (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)
_WORDS = {"annotation", "returns", "decorator_list", "bases", "type_params"}
_SMALL = 1e-3


@dataclass(frozen=True)
class Mutant:
    """One fault: the line, what stands there, what stands there instead, and the source of the whole module."""

    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """All single faults of a module, from its first line to its last."""
    tree = ast.parse(source)
    mutants = []
    for holder, key, node, is_condition in _places(tree):
        for other in _others(node, is_condition):
            _put(holder, key, other)
            mutants.append(Mutant(node.lineno, _text(node), _text(other), ast.unparse(tree)))
        _put(holder, key, node)
    return sorted(mutants, key=lambda m: m.line)


def _places(tree: ast.AST) -> Iterator[tuple[Any, str | int, Any, bool]]:
    """Every node that may change: what holds it, by which name or place, the node, whether it is a condition."""
    for name, value in ast.iter_fields(tree):
        if name in _WORDS or (isinstance(tree, ast.ClassDef) and name == "keywords"):
            continue
        nodes: list[tuple[Any, str | int, Any]] = (
            [(value, i, part) for i, part in enumerate(value)] if isinstance(value, list) else [(tree, name, value)]
        )
        for holder, key, node in nodes:
            if not isinstance(node, ast.AST) or isinstance(node, _UNTOUCHED) or _is_text(node) or _names_words(node):
                continue
            if isinstance(node, ast.Tuple | ast.List) and _in_any_order(tree, name):
                continue
            yield holder, key, node, name in ("test", "ifs")
            yield from _places(node)


def _is_text(node: ast.AST) -> bool:
    """Whether something is but a docstring or a line of the log."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return isinstance(value.func.value, ast.Name) and value.func.value.id == "log"
    return isinstance(value, ast.Constant)


def _in_any_order(holder: ast.AST, name: str) -> bool:
    """Whether the order of a tuple there does not matter: the errors that are caught, what something is among."""
    caught = isinstance(holder, ast.ExceptHandler) and name == "type"
    among = isinstance(holder, ast.Compare) and name == "comparators"
    return caught or (among and all(isinstance(op, ast.In | ast.NotIn) for op in holder.ops))


def _names_words(node: ast.AST) -> bool:
    """Whether something but gives names to words that stand in a row."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
        return False
    return all(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in node.value.elts)


def _put(holder: Any, key: str | int, node: ast.AST) -> None:
    if isinstance(key, int):
        holder[key] = node
    else:
        setattr(holder, key, node)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _others(node: ast.AST, is_condition: bool) -> Iterator[ast.AST]:
    """What might stand in a node's place."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in _COMPARED[type(op)]:
                yield _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        if type(node.op) in _COMPUTED and not _has_words(node):
            yield _with(node, op=_COMPUTED[type(node.op)]())
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            small = isinstance(node.value, float) and abs(node.value) < _SMALL
            yield ast.Constant(node.value * 2 if small and node.value else node.value + 1)
    elif isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Name | ast.Attribute | ast.BinOp | ast.Call):
            yield _with(node, slice=_further(node.slice))
    elif isinstance(node, ast.Slice):
        for end in ("lower", "upper"):
            if (value := getattr(node, end)) is not None and not _is_number(value):
                yield _with(node, **{end: _further(value)})
    elif isinstance(node, ast.Tuple | ast.List):
        yield from (_with(node, elts=elts) for elts in _exchanged(node.elts))
    elif isinstance(node, ast.Call):
        if _name_of(node.func) not in _ANY_ORDER and not _narrows_query(node):
            yield from (_with(node, args=args) for args in _exchanged(node.args))
        if (func := _other_name(node.func)) is not None:
            yield _with(node, func=func)
    if is_condition and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _narrows_query(node: ast.Call) -> bool:
    """Whether a call is the ``where`` of a database query, all of whose conditions have to hold: no ``np.where``."""
    if _name_of(node.func) != "where" or not isinstance(node.func, ast.Attribute):
        return False
    return not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "torch"))


def _has_words(node: ast.BinOp | ast.AugAssign) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
    return any(
        isinstance(s, ast.JoinedStr) or (isinstance(s, ast.Constant) and isinstance(s.value, str)) for s in sides
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant))


def _further(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(1))


def _exchanged(parts: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """A list with two neighbours exchanged; words that stand in a row, and what is unpacked, stay."""
    for i, (a, b) in enumerate(itertools.pairwise(parts)):
        if _is_word(a) and _is_word(b):
            continue
        if isinstance(a, ast.Starred) or isinstance(b, ast.Starred) or _text(a) == _text(b):
            continue
        yield [*parts[:i], b, a, *parts[i + 2 :]]


def _is_word(node: ast.expr) -> bool:
    """A word, or words that belong together, as name and type of a column."""
    if isinstance(node, ast.Tuple):
        return all(_is_word(part) for part in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name_of(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _other_name(func: ast.expr) -> ast.expr | None:
    if (other := _NAMED.get(_name_of(func))) is None:
        return None
    return (
        ast.Attribute(func.value, other, ast.Load()) if isinstance(func, ast.Attribute) else ast.Name(other, ast.Load())
    )
