"""What a shell works out: `$((2 * CORES + 1))`, with the processors of the machine in it, too.

How many processors a machine has no file says; that there is one is sure. A number that they are
part of is told as the least that it can be.

Source: POSIX.1-2024, Shell & Utilities, 2.6.4 "Arithmetic Expansion"; coreutils, `nproc`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from poollint.model.figure import Basis, Word
from poollint.model.source import Span

_WHOLE = re.compile(r"\$\(\((?P<inner>.{1,300})\)\)", re.S)
_CORES = re.compile(
    r"\$\(\s*(?:nproc(?:\s+--all)?|getconf\s+_?NPROCESSORS_(?:ONLN|CONF)"
    r"|grep\s+-c\s+\^?[\"']?\^?processor[\"']?\s+/proc/cpuinfo)\s*\)|`nproc`"
)
_NAMED = re.compile(r"\$\{[^{}]{1,100}\}|\$?[A-Za-z_]\w*")
_SIGNS = re.compile(r"[\w\s()+*/%-]*")
_MOST = 1_000_000

_Range = tuple[int, int | None]
_MACHINE: _Range = (1, None)


def is_cores(text: str) -> bool:
    """Tell whether a command prints the number of the machine's processors."""
    return _CORES.fullmatch(text) is not None


def result(text: str, span: Span, value_of: Callable[[str], Word]) -> Word | None:
    """Return what an arithmetic expansion comes to; None where it is none, or is not known.

    `value_of` tells what `$NAME` or `${NAME:-4}` stands for.
    """
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return None
    known: dict[str, _Range] = {"_cores": _MACHINE}

    def put_in(match: re.Match[str]) -> str:
        name = match[0] if match[0].startswith("$") else f"${match[0]}"
        found = _range(value_of(name)) if match[0] != "_cores" else None
        key = f"_{len(known)}" if found else match[0]
        known.update({key: found} if found else {})
        return key

    written = _NAMED.sub(put_in, _CORES.sub("_cores", whole["inner"]))
    if not _SIGNS.fullmatch(written):
        return None
    try:
        tree = ast.parse(written.strip().replace("/", "//"), mode="eval")
        found = _evaluated(tree.body, known)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if found is None or found[0] > _MOST:
        return None
    low, high = found
    basis = Basis.DERIVED if low == high else Basis.UNKNOWN
    return Word(str(low if low == high else max(low, 1)), basis, span)


def _range(word: Word) -> _Range | None:
    text = (word.value or "").strip()
    if not text.isdecimal() or len(text) > len(str(_MOST)):
        return None
    return (int(text), None if word.basis is Basis.UNKNOWN else int(text))


def _evaluated(node: ast.expr, known: dict[str, _Range]) -> _Range | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value, node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if not isinstance(node, ast.BinOp):
        return None
    one, two = _evaluated(node.left, known), _evaluated(node.right, known)
    if one is None or two is None or max(one[0], two[0]) > _MOST:
        return None
    return _joined(node.op, one, two)


def _joined(sign: ast.operator, one: _Range, two: _Range) -> _Range | None:
    """Return what two numbers, none below nothing, come to; None where the least is not known."""
    exact = two[1] if two[0] == two[1] else None
    if isinstance(sign, ast.Add):
        return one[0] + two[0], None if None in (one[1], two[1]) else (one[1] or 0) + (two[1] or 0)
    if isinstance(sign, ast.Mult):
        return one[0] * two[0], None if None in (one[1], two[1]) else (one[1] or 0) * (two[1] or 0)
    if exact is None:
        return None
    if isinstance(sign, ast.Sub):
        return max(one[0] - exact, 0), None if one[1] is None else one[1] - exact
    if isinstance(sign, ast.FloorDiv) and exact:
        return one[0] // exact, None if one[1] is None else one[1] // exact
    if isinstance(sign, ast.Mod) and exact and one[0] == one[1]:
        return one[0] % exact, one[0] % exact
    return None
