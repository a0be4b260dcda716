"""The child processes that a function begins, and what each of them runs, in whichever file.

`Process(target=self.run)`, an object of a class that inherits from `Process`, what a pool of
processes is given, the workers of a PyTorch `DataLoader`. What a pool is given is pickled, and no
connection can be: its children have what the names of modules hold. A process and the workers of
a `DataLoader` have what they are given as it is.

Source: Python 3.13, multiprocessing/context.py and pool.py; torch 2.9, torch/utils/data/
dataloader.py: its workers are processes of `multiprocessing`, started as that starts them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from poollint.facts.connections import Concurrency
from poollint.reading.connections.shared.acting import Act, Acting
from poollint.reading.connections.shared.fanning import Fan
from poollint.reading.connections.shared.holders import Object
from poollint.reading.connections.shared.starting import Spawn, made_for
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, of_ast
from poollint.reading.running.processes.counting import is_several
from poollint.reading.running.processes.forking import (
    HANDS_ON,
    POOLS,
    PROCESSES,
    WORDS,
    is_one,
    otherwise,
    starts_anew,
)

_CONTEXT = "multiprocessing.get_context"
_LOADERS = frozenset({"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"})
_OF_DATA = ("__getitem__", "__getitems__", "__iter__")


class Child(NamedTuple):
    """What children run: `spawn` says how often, `fork` is the call at which the process forks.

    `pickled` tells that what they are given is copied to them.
    """

    spawn: Spawn
    fork: ast.Call
    works: tuple[Member, ...]
    pickled: bool = False

    @property
    def tasks(self) -> tuple[tuple[str, str], ...]:
        """The functions that it runs, each with its file."""
        return tuple((work.names.outside.path, work.name) for work in self.works)


class Begun(Fan):
    """What one function begins; the module, where it has no name."""

    def __init__(self, member: Member) -> None:
        super().__init__(member)
        self._objects: dict[ast.expr, Object] = {}

    def children(self) -> Iterator[Child]:
        """Yield what runs in processes of its own."""
        for call, _, last in self.calls:
            made = self._made(call)
            if made in PROCESSES:
                yield from self._targeted(call)
            elif made in _LOADERS:
                yield from self._loading(call)
            elif last in HANDS_ON:
                yield from self._handed(call, last)
            elif last[:1].isupper():
                yield from self._object(call)

    def groups(self, children: list[Child]) -> Iterator[tuple[Child, ...]]:
        """Yield those of children of which there are several at a time, or two that are."""
        yield from ((child,) for child in children if child.spawn.many)
        once = [child for child in children if not child.spawn.many]
        for first, second in combinations(once, 2):
            if self._both(first.spawn, second.spawn):
                yield first, second

    # --- what begins a process -----------------------------------------------------------------

    def _made(self, call: ast.Call) -> str:
        return _meant(call.func, self.member.name, self.member.names)

    def _targeted(self, call: ast.Call) -> Iterator[Child]:
        told = {keyword.arg: keyword.value for keyword in call.keywords}
        target, given, named = told.get("target"), told.get("args"), told.get("kwargs")
        if target is None:
            return
        values = given.elts if isinstance(given, ast.Tuple | ast.List) else []
        spawn = self._spawned(call, target, tuple(values), tuple(_named(named)))
        yield Child(spawn, call, self._works(target))

    def _spawned(
        self, call: ast.Call, func: ast.expr, args: tuple[ast.expr, ...] = (),
        keywords: tuple[ast.keyword, ...] = (),
    ) -> Spawn:  # fmt: skip
        loop = self.around(call, None)
        many = loop is not None and not self.waits_within(call, loop)
        return Spawn(call, func, args, keywords, Concurrency.THREADS, many, loop)

    def _works(self, target: ast.expr) -> tuple[Member, ...]:
        names, scope = self.member
        if isinstance(target, ast.Call) and target.args:  # partial(work, …)
            partial = names.qualified(of_ast(target.func), scope) == "functools.partial"
            return self._works(target.args[0]) if partial else ()
        found = function(of_ast(target), scope, names)
        return (found,) if found is not None else ()

    def _handed(self, call: ast.Call, last: str) -> Iterator[Child]:
        """Yield what a pool of processes is given to run."""
        names, scope = self.member
        pool = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        rest = call.args
        if last == "run_in_executor" and rest:
            pool, rest = rest[0], rest[1:]
        told = [(c, b.where, n) for c, b, n in made_for(of_ast(pool), scope, names)]
        if isinstance(pool, ast.Call):
            told = [(pool, scope, names)]
        made = [c for c, where, there in told if _meant(c.func, where, there) in POOLS]
        if not rest or len(told) != 1 or not made or starts_anew(made[0]) or is_one(made[0]):
            return
        at_once = not _is_executor(made[0])
        if at_once and made[0] not in {one for one, _, _ in self.calls}:
            return  # its processes began where it was made
        spawn = Spawn(call, rest[0], (), (), Concurrency.THREADS, many=True, loop=call)
        yield Child(spawn, made[0] if at_once else call, self._works(rest[0]), pickled=True)

    def _object(self, call: ast.Call) -> Iterator[Child]:
        """Yield what an object runs that is a process itself: `class Worker(Process):`."""
        cls = project_class(of_ast(call.func), self.member.name, self.member.names)
        run = method(cls, "run") if cls is not None and _is_process(cls) else None
        if run is None:
            return
        spawn = self._spawned(call, call)
        made = self._acting.construct(call, self.member.name, self.member.names, {}, (id(call),))
        if made is not None:
            self._objects[call] = made
        yield Child(spawn, call, (run,))

    def _loading(self, call: ast.Call) -> Iterator[Child]:
        told = {keyword.arg: keyword.value for keyword in call.keywords}
        many = told.get("num_workers")
        data = next(iter(call.args), told.get("dataset"))
        if many is None or data is None or {"worker_init_fn", None} & set(told):
            return
        names, scope = self.member
        if not is_several(many, scope, names):
            return
        key = (names.outside.path, scope, id(call))
        made = (
            self._acting.construct(data, scope, names, {}, key)
            if isinstance(data, ast.Call)
            else self._acting.object(of_ast(data), scope, names, {})
        )
        if made is not None:
            self._objects[call] = made._replace(fresh=False)
            found = (method(made.of, name) for name in _OF_DATA)
            works = tuple(member for member in found if member is not None)
            spawn = Spawn(call, call, (), (), Concurrency.THREADS, many=True, loop=call)
            yield Child(spawn, call, works)

    # --- what they do --------------------------------------------------------------------------

    def uses(self, child: Child) -> Iterator[list[Act]]:
        """Yield what a child does with the connections it is given: a list for each of them."""
        for acts in self.acts(child.spawn):
            own = self._objects.get(child.spawn.node)
            its = own is not None and acts[0].held.key[: len(own.key)] == own.key
            if own is None or not (its and _is_process(own.of)):
                yield acts

    def goes_on(self, child: Child, act: Act) -> bool:
        """Tell whether the function uses a connection of its only child, and does not wait."""
        begins, ends = self.while_it_runs(child.spawn)
        return any(
            own.held.key == act.held.key
            and begins < own.outer.lineno < ends
            and own.outer is not child.fork
            and self.follows(child.spawn, own.outer)
            for own in self._acting.body(self.member, {})
        )

    def _run(self, spawn: Spawn, acting: Acting) -> Iterator[Act]:
        made = self._objects.get(spawn.node)
        if made is None:
            yield from super()._run(spawn, acting)
            return
        for name in ("run",) if _is_process(made.of) else _OF_DATA:
            work = method(made.of, name)
            if work is not None:
                yield from acting.body(work, {"self": made})

    def _both(self, first: Spawn, second: Spawn) -> bool:
        """Tell whether the second begins before the first is waited for."""
        if not self.overlap(first, second):
            return False
        ends, begins = self._when(first, "join"), self._when(second, "start")
        return not ends or not begins or min(begins) < min(ends)

    def _when(self, spawn: Spawn, name: str) -> list[int]:
        told = self.targets(spawn.node)
        return [
            call.lineno
            for call, _, last in self.calls
            if last == name
            and isinstance(call.func, ast.Attribute)
            and ast.unparse(call.func.value) in told
        ]


def may_begin(text: str) -> bool:
    """Tell whether a file may begin processes, and leaves it to Python how."""
    return any(word in text for word in WORDS) and not otherwise(text)


def _meant(node: ast.expr, scope: str, names: Names) -> str:
    """Return the qualified name of what is called, of a context of `multiprocessing` as well."""
    shape = of_ast(node)
    known = names.qualified(shape, scope)
    if known in POOLS | PROCESSES or not isinstance(shape, Attribute):
        return known
    for call, binding, there in made_for(shape.of, scope, names):
        forks = all(isinstance(a, ast.Constant) and a.value in (None, "fork") for a in call.args)
        if forks and there.qualified(of_ast(call.func), binding.where) == _CONTEXT:
            return f"multiprocessing.{shape.name}"
    return known


def _named(values: ast.expr | None) -> Iterator[ast.keyword]:
    """Yield what `kwargs={"conn": conn}` tells by name."""
    pairs = zip(values.keys, values.values, strict=True) if isinstance(values, ast.Dict) else ()
    for key, value in pairs:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield ast.keyword(key.value, value)


def _is_executor(call: ast.Call) -> bool:
    """Tell whether a pool forks when it is first given something, and not when it is made."""
    return ast.unparse(call.func).endswith("Executor")


def _is_process(of: Instance) -> bool:
    """Tell whether objects of a class are processes."""
    return any(
        names.qualified(of_ast(base), "") in PROCESSES
        for names, cls in lineage(of)
        for base in names.classes[cls].bases
    )
