"""Connections that one function hands to several tasks or threads, which run at the same time.

`gather(f(conn), g(conn))`, a task or thread for each turn of a loop, `executor.map` over a
function that uses it; a task for each notification that the connection itself listens to. What
is awaited or joined before the next begins is no such case, nor is a
connection that is taken anew in each turn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf

from poollint.facts.connections import Concurrency
from poollint.reading.connections.shared.acting import Act, Acting
from poollint.reading.connections.shared.holders import Held
from poollint.reading.connections.shared.interleaving import waits_between
from poollint.reading.connections.shared.locking import locks
from poollint.reading.connections.shared.starting import COMPREHENSIONS, LOOPS, Spawn, Started
from poollint.reading.naming.given.providing import dependencies
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.syntax.nodes import walk

_DEPTH = 4  # functions that hand it on to the next
_LISTEN = "add_listener"


@dataclass(frozen=True, slots=True)
class Fanned:
    """One connection in the hands of several.

    `spawns` are the calls that start them, `acts` what they do with it, `taken` where the
    function gets it, as far as it shows. `ends` is the block with which the function gives it
    back while something that it started and does not wait for has it still.
    """

    held: Held
    at_once: Concurrency
    spawns: tuple[ast.expr, ...]
    acts: tuple[Act, ...]
    taken: ast.expr | None = None
    beside: bool = False


def fanned(member: Member) -> Iterator[Fanned]:
    """Yield the connections that a function has several tasks or threads use at once."""
    found = Fan(member)
    if not found.starts:
        return
    used: dict[tuple[str | int, ...], list[tuple[Spawn, list[Act]]]] = {}
    spawns = list(found.spawns())
    for spawn in spawns:
        for acts in found.acts(spawn):
            used.setdefault(acts[0].held.key, []).append((spawn, acts))
    told = set()
    for key, pairs in used.items():
        one = found.together(pairs)
        if one is not None:
            told.add(key)
            yield one
    for one in found.beside(spawns):
        if one.held.key not in told:
            told.add(one.held.key)
            yield one


class Fan(Started):
    """What one function hands its connections to."""

    def __init__(self, member: Member) -> None:
        super().__init__(member)
        self._acting = Acting(member)

    # --- what it does with connections ---------------------------------------------------------

    def acts(self, spawn: Spawn) -> Iterator[list[Act]]:
        """Yield what is started does with connections: a list for each of them."""
        names, scope = self.member
        if any(isinstance(up, ast.With | ast.AsyncWith)
               and any(locks(i.context_expr, scope, names) for i in up.items)
               for up in self.ancestors(spawn.node)):  # fmt: skip
            return
        for acts in self._by_connection(spawn):
            threads = spawn.at_once is Concurrency.THREADS
            waiting = acts if threads else [act for act in acts if act.waits]
            if waiting or waits_between(acts):
                yield waiting or acts

    def _by_connection(self, spawn: Spawn, acting: Acting | None = None) -> Iterator[list[Act]]:
        found: dict[tuple[str | int, ...], list[Act]] = {}
        for act in self._run(spawn, acting or self._acting):
            if not self._fresh(act.held, spawn):
                found.setdefault(act.held.key, []).append(act)
        yield from found.values()

    def _run(self, spawn: Spawn, acting: Acting) -> Iterator[Act]:
        func, args, keywords = spawn.func, list(spawn.args), list(spawn.keywords)
        for _ in range(2):
            if isinstance(func, ast.Name):
                func = self._stands_for(func)
            match func:
                case ast.Call(func=made, args=[first, *rest], keywords=named) if dotted(
                    of_ast(made)
                ).endswith("partial"):
                    func, args, keywords = first, [*rest, *args], [*named, *keywords]
                case ast.Lambda(body=ast.Call() as body) if not self._shadowed(func):
                    func, args, keywords = body.func, list(body.args), list(body.keywords)
        call = ast.Call(func, args, keywords)
        ast.copy_location(call, spawn.node)
        names, scope = self.member
        for act in acting.call(call, scope, names, {}, True, _DEPTH):
            node = spawn.node if act.node is call else act.node
            yield replace(act, node=node, outer=spawn.node)
        nested = names.defined(of_ast(func), scope)
        if nested in names.functions:  # what it closes over
            for act in acting.body(Member(names, nested), {}):
                yield replace(act, outer=spawn.node)

    def _stands_for(self, name: ast.Name) -> ast.expr:
        told = self.member.names.bound(of_ast(name), self.member.name)
        if len(told) == 1 and isinstance(told[0].value, ast.Call | ast.Lambda):
            return told[0].value
        return name

    def _shadowed(self, node: ast.Lambda) -> bool:
        return any(d is not None for d in node.args.defaults)

    def _fresh(self, held: Held, spawn: Spawn) -> bool:
        """Tell whether each turn of the loop, or each of several spawns, has one of its own."""
        if held.made is not None or len(held.key) < 3:
            return False
        root = _root(held)
        for up in self.ancestors(spawn.node):
            if isinstance(up, COMPREHENSIONS):
                for part in up.generators:
                    if any(isinstance(n, ast.Name) and n.id == root for n in walk(part.target)):
                        return True
        loop = spawn.loop or next(
            (u for u in self.ancestors(spawn.node) if isinstance(u, LOOPS)), None
        )
        bound = self._bound(held)
        if loop is not None and any(_inside(value, loop) for value in bound):
            return spawn.many
        return len(bound) > 1

    def _bound(self, held: Held) -> list[ast.expr]:
        """Return what gives a name of the function its value."""
        scope = self.member.names.scope(self.member.name)
        return [
            b.value
            for b in scope.bound.get(_root(held), ())
            if b.value is not None and b.how != ":" and not isinstance(b.value, ast.Constant)
        ]

    # --- which of them run together --------------------------------------------------------------

    def together(self, pairs: list[tuple[Spawn, list[Act]]]) -> Fanned | None:
        """Return the first that use the connection at the same time."""
        for spawn, acts in pairs:
            # Where but one class implements what is called in turn, there may be but one to call.
            many = spawn.many and any(act.kinds != 1 for act in acts)
            if many or self._is_listener(acts[0].held):
                return self._fact([spawn], acts)
        for (first, acts), (second, more) in combinations(pairs, 2):
            if first.node is not second.node and self.overlap(first, second):
                return self._fact([first, second], [*acts, *more])
        for spawn, acts in pairs:
            own = self._meanwhile(spawn, acts[0].held)
            if own is not None:
                return replace(self._fact([spawn], [*acts[:1], own]), beside=True)
        return None

    def beside(self, spawns: list[Spawn]) -> Iterator[Fanned]:
        """Yield what the function goes on to use, without a lock, while a thread has it.

        A lock that only the thread takes keeps nobody out.
        """
        made = {call for call, name, _ in self.calls if name == "threading.Thread"}
        threads = [spawn for spawn in spawns if spawn.node in made]
        own = list(self._acting.body(self.member, {})) if threads else []
        for spawn in threads:
            begins, ends = self.while_it_runs(spawn)
            for acts in self._by_connection(spawn, Acting(self.member, locked=True)):
                meanwhile = [
                    act
                    for act in own
                    if act.held.key == acts[0].held.key
                    and begins < act.outer.lineno < ends
                    and act.outer is not spawn.node
                    and self.follows(spawn, act.outer)
                ]
                if meanwhile:
                    both = [acts[0], meanwhile[0], *acts[1:], *meanwhile[1:]]
                    yield self._fact([spawn], both)

    def while_it_runs(self, spawn: Spawn) -> tuple[float, float]:
        """Return the lines between which a thread or process is started and not waited for."""
        targets = self._threads(spawn)
        begins = [
            call.lineno
            for call, _, last in self.calls
            if last == "start"
            and isinstance(call.func, ast.Attribute)
            and (call.func.value is spawn.node or dotted(of_ast(call.func.value)) in targets)
        ]
        first = min(begins, default=inf)
        ends = (
            n.lineno
            for n in self.nodes
            if isinstance(n, ast.expr) and (self._ends(n, targets) or self._may_wait(n, targets))
        )
        return first, min((line for line in ends if line >= first), default=inf)

    def _threads(self, spawn: Spawn) -> set[str]:
        """Return the names of a thread, of the lists it is put into, and of what loops give."""
        found = self.targets(spawn.node)
        for call, _, last in self.calls:
            if last == "append" and any(dotted(of_ast(a)) in found for a in call.args):
                found.add(dotted(of_ast(call.func)).removesuffix(".append"))
        return found | {name for one in found for name in self._each_of(one)}

    def _may_wait(self, node: ast.expr, targets: set[str]) -> bool:
        """Tell whether a node may wait for a thread: for what it tells, or in what is called.

        `done.wait()`, `queue.join()`, `queue.get()`; a function that is handed the thread, or a
        method that joins what the object keeps.
        """
        match node:
            case ast.Call(func=ast.Attribute(attr="join" | "get" | "result"), args=[]):
                return True
            case ast.Call(func=ast.Attribute(attr="wait" | "wait_for" | "acquire")):
                return True
            case ast.Call(func=func, args=args):
                adds = isinstance(func, ast.Attribute) and func.attr in ("append", "add")
                if not adds and any(dotted(of_ast(a)) in targets for a in args):
                    return True
                called = function(of_ast(func), self.member.name, self.member.names)
                body = called.names.functions[called.name] if called is not None else None
                return body is not None and any(
                    isinstance(n, ast.Call) and self._ends(n, targets) for n in own_nodes(body)
                )
        return False

    def _is_listener(self, held: Held) -> bool:
        """Tell whether a connection calls the method itself, whenever a notification comes.

        `await self.conn.add_listener("orders", self.on_order)` of asyncpg, in the same class.
        """
        names, scope = self.member
        cls, _, name = scope.rpartition(".")
        if held.kind.partition(".")[0] != "asyncpg" or held.key[1:] != (cls, "self", held.key[-1]):
            return False
        asked = (f"self.{held.key[-1]}.{_LISTEN}", f"self.{name}")
        return any(
            (dotted(of_ast(call.func)), dotted(of_ast(call.args[1]))) == asked
            for call, where in names.calls(_LISTEN)
            if len(call.args) > 1 and where.startswith(f"{cls}.")
        )

    def _meanwhile(self, spawn: Spawn, held: Held) -> Act | None:
        """Return what the function does with it, and waits for, while a task has it.

        Leaving the block that gives it back counts, where the task has not been waited for; so
        does the end of the function, where a framework takes back then what it has provided.
        """
        if spawn.group is not None or self.is_waited_for(spawn):
            return None
        names, scope = self.member
        block = self._giving_back(spawn, held)
        tasks = spawn.at_once is Concurrency.TASKS
        for wait in self.waits_after(spawn) if tasks else ():
            if block is not None and block[0] not in self.ancestors(wait):
                break
            call = wait.value if isinstance(wait, ast.Await) else None
            acts = (
                self._acting.call(call, scope, names, {}, True, _DEPTH)
                if isinstance(call, ast.Call)
                else ()
            )
            return next((act for act in acts if act.held.key == held.key), None)
        if block is None:
            return None
        return Act(held, names, block[1], block[1], ends=False, waits=True)

    def _giving_back(self, spawn: Spawn, held: Held) -> tuple[ast.AST, ast.expr] | None:
        """Return the block that takes it and gives it back, with what is entered.

        The function itself, with what says so, where a framework provides it.
        """
        for up in self.ancestors(spawn.node):
            for item in up.items if isinstance(up, ast.AsyncWith | ast.With) else ():
                target = item.optional_vars
                if isinstance(target, ast.Name) and target.id == held.key[-1]:
                    return up, item.context_expr
        provided = (
            one.said
            for one in dependencies(self.member)
            if one.parameter == held.key[-1] and _is_taken_back(one.provider)
        )
        return next(((self.whole, said) for said in provided), None)

    def _fact(self, spawns: list[Spawn], acts: list[Act]) -> Fanned:
        held = acts[0].held
        bound = self._bound(held)
        taken = bound[0] if len(bound) == len(held.key[2:]) == 1 else None
        nodes = tuple(s.group if isinstance(s.group, ast.expr) else s.node for s in spawns)
        return Fanned(held, spawns[0].at_once, nodes, tuple(acts), taken)


def _root(held: Held) -> str:
    """Return the name by which a function has a connection, or the object that keeps it."""
    return str(held.key[2]).partition(".")[0]


def _is_taken_back(provider: Member | None) -> bool:
    """Tell whether what provides a value does something with it when it is done with."""
    if provider is None:
        return False
    nodes = list(own_nodes(provider.names.functions[provider.name]))
    given = [n.lineno for n in nodes if isinstance(n, ast.Yield | ast.YieldFrom)]
    blocks = any(isinstance(n, ast.With | ast.AsyncWith) for n in nodes)
    later = any(isinstance(n, ast.Call) and n.lineno > max(given, default=0) for n in nodes)
    return bool(given) and (blocks or later)


def _inside(node: ast.expr, loop: ast.AST) -> bool:
    start, end = getattr(loop, "lineno", 0), getattr(loop, "end_lineno", 0) or 0
    return start <= node.lineno <= end
