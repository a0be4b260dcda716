"""Loops that a program is in until it is stopped: `while True:` that nothing leaves.

What a script does in one it does again and again, though the script itself runs once.
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.syntax.nodes import walk

# What workers ask before each turn: `while not stop.is_set():`, `while self.running:`.
_UNTIL_STOPPED = re.compile(r"stop|shut_?down|running|is_set|terminat|exit|alive|quit", re.I)
_STOPS = frozenset({"KeyboardInterrupt", "SystemExit", "CancelledError", "GeneratorExit"})
_ASKING = frozenset({"input", "prompt"})  # whoever sits before it ends the program

# What a program waits in until it is stopped: servers, bots and consumers of messages.
_SERVING = frozenset(
    """serve_forever run_forever consume_forever start_consuming run_polling start_polling
    infinity_polling run_webhook run_until_disconnected run_app mainloop wait_for_termination
    uvicorn.run hypercorn.run""".split()
)


def goes_on(function: FunctionDef, line: int) -> bool:
    """Tell whether a function, once past a line of it, only ends with the program."""
    if any(loop.lineno > line for loop in endless_loops(function)):
        return True
    calls = (n.func for n in own_nodes(function) if isinstance(n, ast.Call) and n.lineno > line)
    called = (ast.unparse(func) for func in calls if isinstance(func, ast.Name | ast.Attribute))
    return any(text in _SERVING or text.rpartition(".")[2] in _SERVING for text in called)


def endless_loops(body: FunctionDef | ast.Module | ast.If) -> tuple[ast.While, ...]:
    """Return the loops of a function, a module or a branch that only end with the program."""
    return tuple(n for n in own_nodes(body) if isinstance(n, ast.While) and _is_endless(n))


def _is_endless(loop: ast.While) -> bool:
    if loop.orelse or not _goes_on(loop.test):
        return False
    return not any(_leaves(statement, of_loop=True) for statement in loop.body) and not any(
        isinstance(n, ast.Call) and ast.unparse(n.func).rpartition(".")[2] in _ASKING
        for n in walk(loop)
    )


def _goes_on(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    words = (n for n in walk(test) if isinstance(n, ast.Name | ast.Attribute))
    compared = any(isinstance(n, ast.Compare) for n in walk(test))
    named = (n.id if isinstance(n, ast.Name) else n.attr for n in words)
    return not compared and any(_UNTIL_STOPPED.search(word) for word in named)


def _leaves(node: ast.AST, of_loop: bool) -> bool:
    """Tell whether a statement may leave the loop other than by an error, or when stopped.

    `of_loop` tells that a `break` in it is one of that loop.
    """
    match node:
        case ast.Return():
            return True
        case ast.Break():
            return of_loop
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return False
        case ast.ExceptHandler(type=ast.expr() as caught):
            words = re.findall(r"\w+", ast.unparse(caught))
            if not _STOPS.isdisjoint(words):
                return False
        case ast.For() | ast.AsyncFor() | ast.While():
            inner = any(_leaves(n, of_loop=False) for n in node.body)
            return inner or any(_leaves(n, of_loop) for n in node.orelse)
    return any(_leaves(child, of_loop) for child in ast.iter_child_nodes(node))
