"""Names that a function gives again to what it takes from what they were: a second name.

`async with pool.acquire() as pool:` and `session = session()`: from there on the name is another
thing, and what holds of the first must not be said of the second, nor the reverse. The reading
goes by names; so the later one is marked, here and in what libcst reads of it (`PythonTree.unit`).

It is marked only where each mention is plainly before or after: the name is the function's own,
no function within it has it, and none stands where both could be meant.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from poollint.syntax.nodes import children, walk

MARK = "\ua7f8"
"""What stands behind a later name: a letter, for libcst, of no name that anyone writes."""

_TAKING = frozenset(
    "acquire getconn connect connection get_connection raw_connection session get_session".split()
)
_TAKEN = "|".join(sorted(_TAKING))
_ENTERED = re.compile(r"\)\s+as\s+(\w+)\b")
# What begins with a sign is found several times as fast as what begins with a name.
_VALUE = re.compile(rf"=[ \t]*\(?(?:await[ \t]+)?(\w+)(?:\.(?:{_TAKEN})\b|[ \t]*\()")
_NEAR = 200  # characters of one item of a `with`
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*_FUNCTIONS, ast.Lambda, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Place(NamedTuple):
    """A statement that gives a name again: the blocks around it, from the function's inwards.

    Each is the statement that has the block (the function itself first), the block, and which of
    the block's statements leads here.
    """

    name: str
    blocks: tuple[tuple[ast.AST, list[ast.stmt], int], ...]

    @property
    def statement(self) -> ast.stmt:
        _, block, at = self.blocks[-1]
        return block[at]


def plain(text: str) -> str:
    """Return a text without the marks of names."""
    return text.replace(MARK, "") if MARK in text else text


def rename(module: ast.Module, text: str) -> list[ast.Name]:
    """Mark the later names of a file in its tree, and return what has been marked."""
    candidates = _candidates(text)
    if not candidates:
        return []
    marked: list[ast.Name] = []
    stack: list[ast.AST] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, _FUNCTIONS):
            for name in sorted(candidates):
                marked += _in_function(node, name)
        stack += children(node)
    return marked


def _candidates(text: str) -> set[str]:
    """Return the names that a file may give again, by its text: most have none."""
    found = {match[1] for match in _VALUE.finditer(text) if _assigned(text, match) == match[1]}
    for match in _ENTERED.finditer(text):
        before = text[max(0, match.start() - _NEAR) : match.start()]
        if re.search(rf"\b{match[1]}\s*[.(]", before):
            found.add(match[1])
    return found


def _assigned(text: str, value: re.Match[str]) -> str:
    """Return what stands before the sign of an assignment, in its line."""
    line = text[text.rfind("\n", 0, value.start()) + 1 : value.start()]
    return line.rpartition(";")[2].strip(" \t")


def _in_function(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[ast.Name]:
    mentions = _mentions(function, name)
    marked: list[ast.Name] = []
    for place in _given_again(function, name) if mentions else ():
        later = _later(place, mentions)
        if later and _had_before(place, function, mentions):
            for node in later:
                node.id = f"{name}{MARK}"
            marked += later
            mentions = [node for node in mentions if node.id == name]
    return marked


def _mentions(function: ast.AST, name: str) -> list[ast.Name]:
    """Return where a function has a name; nowhere, if something within it may, too."""
    found: list[ast.Name] = []
    stack: list[ast.AST] = list(getattr(function, "body", []))
    while stack:
        node = stack.pop()
        match node:
            case ast.Name(id=text) if text == name:
                found.append(node)
            case ast.Global(names=others) | ast.Nonlocal(names=others) if name in others:
                return []
            case ast.ExceptHandler(name=text) if text == name:
                return []
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                if any((a.asname or a.name.partition(".")[0]) == name for a in aliases):
                    return []
        if isinstance(node, (*_INNER, *_COMPREHENSIONS)) and _has(node, name):
            return []
        stack += children(node)
    return sorted(found, key=_at)


def _has(node: ast.AST, name: str) -> bool:
    """Tell whether a function, a class or a comprehension has a name in any way of its own."""
    inner = not isinstance(node, _COMPREHENSIONS)
    for one in walk(node):
        match one:
            case ast.Name(id=text, ctx=ctx) if text == name:
                if inner or not isinstance(ctx, ast.Load):
                    return True
            case ast.arg(arg=text) if text == name:
                return True
            case ast.Nonlocal(names=others) | ast.Global(names=others) if name in others:
                return True
    return False


def _given_again(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[_Place]:
    """Yield the statements of a function that give a name to what is taken of it, in order."""
    stack: list[tuple[tuple[ast.AST, list[ast.stmt], int], ...]] = [((function, function.body, 0),)]
    while stack:
        blocks = stack.pop()
        owner, block, at = blocks[-1]
        if at >= len(block):
            continue
        stack.append((*blocks[:-1], (owner, block, at + 1)))
        statement = block[at]
        if isinstance(statement, _INNER):
            continue
        if _targets(statement, name):
            yield _Place(name, blocks)
        stack += [
            (*blocks, (statement, inner, 0))
            for inner in reversed(_blocks_of(statement))
            if inner and isinstance(inner[0], ast.stmt)
        ]


def _blocks_of(statement: ast.stmt) -> list[list[ast.stmt]]:
    named = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    parts = [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]
    return [*named, *(part.body for part in parts)]


def _targets(statement: ast.stmt, name: str) -> list[ast.Name]:
    """Return the targets by which a statement gives a name to what it takes of it."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=text) as target], value=value) if text == name:
            return [target] if _takes_of(value, name, entered=False) else []
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [
                item.optional_vars
                for item in items
                if isinstance(item.optional_vars, ast.Name)
                and item.optional_vars.id == name
                and _takes_of(item.context_expr, name, entered=True)
            ]
    return []


def _takes_of(value: ast.expr, name: str, entered: bool) -> bool:
    """Tell whether a value is taken of what has the name: `name.acquire()`, `name()`."""
    match value.value if isinstance(value, ast.Await) else value:
        case ast.Call(func=ast.Name(id=text)):
            return text == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=text), attr=method)):
            return text == name and method in (_TAKING | {"begin"} if entered else _TAKING)
        case ast.Attribute(value=ast.Name(id=text), attr="connection"):
            return text == name and not entered
    return False


def _had_before(
    place: _Place, function: ast.FunctionDef | ast.AsyncFunctionDef, mentions: list[ast.Name]
) -> bool:
    """Tell whether each time round the statement finds the name as it was given before it.

    A loop around it must give the name first, where it stands in the way of each round.
    """
    loops = [i for i, (owner, *_) in enumerate(place.blocks) if isinstance(owner, _LOOPS)]
    if not loops:
        arguments = function.args
        given = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        here = _at(place.statement)
        earlier = (n for n in mentions if _at(n) < here and not isinstance(n.ctx, ast.Load))
        return any(a.arg == place.name for a in given) or any(True for _ in earlier)
    loop = place.blocks[loops[-1]][0]
    first = next(node for node in mentions if _at(node) >= _at(loop))
    return any(
        isinstance(earlier, ast.Assign) and earlier.targets == [first]
        for _, block, at in place.blocks[loops[-1] :]
        for earlier in block[:at]
    )


def _later(place: _Place, mentions: list[ast.Name]) -> list[ast.Name]:
    """Return the mentions that mean what is given again; none where some could mean either."""
    statement = place.statement
    targets = _targets(statement, place.name)
    if len(targets) != 1:
        return []
    end = _end(place.blocks[-1][1][-1])
    assigned = isinstance(statement, ast.Assign)
    start = _end(statement) if assigned else _at(targets[0])
    if any(_at(n) > end and _may_follow(place, n) for n in mentions):
        return []
    return [n for n in mentions if n is targets[0] or start < _at(n) < end]


def _may_follow(place: _Place, mention: ast.Name) -> bool:
    """Tell whether a mention below the block may be come to from within it."""
    for owner, block, _ in reversed(place.blocks[1:]):
        if _at(owner) < _at(mention) < _end(owner):
            return not isinstance(owner, ast.If | ast.Match)  # its other branch
        if _leaves(block) and not _catches(place, mention):
            return False
    return True


def _leaves(block: list[ast.stmt]) -> bool:
    """Tell whether what stands below a block is never come to from it."""
    breaks = any(isinstance(node, ast.Break) for one in block for node in walk(one))
    return isinstance(block[-1], ast.Return | ast.Raise) and not breaks


def _catches(place: _Place, mention: ast.Name) -> bool:
    """Tell whether a `try` around the statement has the mention where it catches or ends."""
    tries = [owner for owner, *_ in place.blocks if type(owner).__name__ in ("Try", "TryStar")]
    return any(_at(one) < _at(mention) < _end(one) for one in tries)


def _at(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))


def _end(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0))
