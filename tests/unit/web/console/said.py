"""Every Dutch sentence that the code can say to an officer, found in the code itself: what it writes of findings,
faults and refusals, with `{}` for each value that it fills in."""

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[4]
_AT = {
    "Finding": 3, "_finding": 2, "Fault": 2, "Refused": 1, "Problem": 1, "NoSuchTime": 1,
    "conflict": 0, "forbidden": 0, "malformed": 0, "not_found": 0, "PydanticCustomError": 1, "_wrong": 2,
}  # fmt: skip
"""Which argument of each call is what people read."""
_RETURN = {"refusal", "_number_refusal", "_text_refusal", "_known"}
"""Functions that give a part of what is said."""
_TYPED = {"draft.py", "form.py"}
"""Modules whose ValueErrors say what is wrong with what an officer typed."""
_ENGLISH = {"importing.py"}  # what the command line says to an administrator
_FOLDERS = ("broadcaster/model", "broadcaster/render", "broadcaster/workflow", "broadcaster/web", "channels")


def sentences() -> Iterator[str]:
    """Each of them."""
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            if path.name not in _ENGLISH:
                at = _AT | ({"ValueError": 0} if path.name in _TYPED else {})
                yield from _in(ast.parse(path.read_text(encoding="utf-8")), at)


def _in(tree: ast.Module, arguments: dict[str, int]) -> Iterator[str]:
    for scope in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]:
        if scope.name in _RETURN:
            for node in ast.walk(scope):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from _shapes(node.value, ())
        for call in [node for node in ast.walk(scope) if isinstance(node, ast.Call)]:
            name = str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))
            at = arguments.get(name)
            if at is not None and len(call.args) > at:
                yield from _shapes(call.args[at], (scope, tree))


def _shapes(said: ast.expr, scopes: tuple[ast.AST, ...]) -> Iterator[str]:
    """What an expression can say; a name says what is assigned to it, here or in the module."""
    if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
        yield said.value
    elif isinstance(said, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in said.values)
    elif isinstance(said, ast.IfExp):
        yield from (shape for side in (said.body, said.orelse) for shape in _shapes(side, scopes))
    elif isinstance(said, ast.Name):
        for scope in scopes:
            for node in ast.walk(scope):
                if isinstance(node, ast.Assign) and any(getattr(to, "id", "") == said.id for to in node.targets):
                    yield from _shapes(node.value, ())
