"""Connections that a function uses and others use too.

Two ways: a connection that outlives the function, in a function that a framework may run
several times at once; and one that the function itself hands to several tasks or threads
(`connections.shared.fanning`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from posixpath import relpath

from poollint.facts.code import Recurrence
from poollint.facts.connections import Concurrency, Shared
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.shared.acting import Act, Acting
from poollint.reading.connections.shared.fanning import Fanned, fanned
from poollint.reading.connections.shared.handed_over import object_given
from poollint.reading.connections.shared.holders import Held
from poollint.reading.connections.shared.standing import Made, standing, standing_object
from poollint.reading.connections.waits.held.opened import settles
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.given.application_state import places_in
from poollint.reading.naming.given.request_state import is_read
from poollint.reading.naming.objects.instances import Member, function, project_class
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Called, Name, of_ast
from poollint.reading.running.surroundings import is_test
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

_OTHERS = ("sqlite", "mysql", "mariadb", "oracle", "mssql", "duckdb", "cockroachdb")
_STARTING = re.compile(
    r"gather|create_task|ensure_future|start_soon|submit|run_in_executor|Thread|as_completed"
    r"|\.wait\b|\.map\b"
)
_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"commit|rollback|^(?:transaction|begin|reset)$", re.I)
_LISTENING = frozenset({"add_listener", "notifies"})


class Sharing:
    """Looks for them in one file."""

    def __init__(
        self, tree: PythonTree, names: Names, runs: dict[str, Recurrence | str],
        exports: Exports | None, top: str = "",
    ) -> None:  # fmt: skip
        self._tree = tree
        self._names = names
        self._runs = runs
        self._exports = exports
        self._top = top or "."
        self._lines = tree.source.text.splitlines()
        self._leading: dict[str, bool] = {}
        self._quiet = is_test(relpath(tree.source.path, self._top))

    def of(self, name: str) -> Iterator[Shared]:
        """Yield the connections that a function, by qualified name, shares with others."""
        root = Member(self._names, name)
        text = self._text(self._names.functions[name])
        if _STARTING.search(text):
            yield from (self._fanned(one) for one in fanned(root))
        if self._quiet or isinstance(self._runs.get(name), str):
            return
        if "<locals>" not in name and not self._may_reach(text):
            return
        yield from self._lasting_in(root)

    def of_module(self) -> Iterator[Shared]:
        """Yield what a module itself shares that runs again and again: a page of Streamlit."""
        if not self._quiet and isinstance(self._runs.get(""), Recurrence):
            yield from self._lasting_in(Member(self._names, ""))

    def _lasting_in(self, root: Member) -> Iterator[Shared]:
        seen = set()
        for act in Acting(root, lasting=True).body(root, {}):
            if not root.name and act.node is not act.outer:
                continue  # told of the function that the module calls
            made = act.held.made
            if made is not None and made.place not in seen and self._lasts(made, root.name):
                seen.add(made.place)
                yield self._lasting(act, made, root.name)

    def _may_reach(self, text: str) -> bool:
        """Tell whether a function names what may lead to something that outlives it."""
        if any(self._leads(word) for word in sorted(self._known.intersection(_WORD.findall(text)))):
            return True
        data = text.encode("utf-8", "surrogatepass")
        return bool(places_in(data).reads) or is_read(data)

    def _text(self, node: ast.stmt) -> str:
        return "\n".join(self._lines[node.lineno - 1 : node.end_lineno])

    def _body(self, name: str) -> str:
        """Return the text of a function, of "" that of the module's own statements."""
        if name:
            return self._text(self._names.functions[name])
        own = (n for n in self._names.module.body if not isinstance(n, FunctionDef | ast.ClassDef))
        return "\n".join(map(self._text, own))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._names.scope("").bound) | self._names.imports.keys()

    def _leads(self, name: str) -> bool:
        """Tell whether a name of the module may lead to what outlives its functions.

        Most functions name none that does, and need no further look.
        """
        if name not in self._leading:
            shapes = (Name(name), Called(Name(name)))
            looks = (standing, standing_object, object_given)
            self._leading[name] = (
                name in self._holders
                or self._is_module(self._names.imports.get(name, ""))
                or any(look(shape, "", self._names) for look in looks for shape in shapes)
                or self._makes(name)
            )
        return self._leading[name]

    def _makes(self, name: str) -> bool:
        """Tell whether a function only makes an object, of what may lead there itself."""
        values = self._names.results(name) if name in self._names.functions else None
        if values is None or len(values) != 1 or not isinstance(values[0], ast.Call):
            return False
        if project_class(of_ast(values[0].func), name, self._names) is None:
            return False
        self._leading[name] = False  # one that calls itself
        words = self._known.intersection(_WORD.findall(ast.unparse(values[0])))
        return any(self._leads(word) for word in sorted(words))

    @cached_property
    def _holders(self) -> frozenset[str]:
        """The names on whose attributes the file keeps something: `bot.conn = …`."""
        targets = (
            target
            for node in walk(self._names.module)
            if isinstance(node, ast.Assign)
            for target in node.targets
        )
        roots = (t.value for t in targets if isinstance(t, ast.Attribute))
        return frozenset(r.id for r in roots if isinstance(r, ast.Name)) - SELF

    def _is_module(self, name: str) -> bool:
        """Tell whether an imported name is a module of the project."""
        if not name or self._exports is None:
            return False
        found = self._exports.files.find(self._names.outside.path, name)
        return found is not None and not found[1]

    def _lasts(self, made: Made, name: str) -> bool:
        """Tell whether there is one for all calls, and it is no test's and no listener's."""
        path = made.names.outside.path
        if (path and is_test(relpath(path, self._top))) or self._other_database(made):
            return False
        if made.holder and (
            isinstance(self._runs.get(made.holder), Recurrence) or not name.startswith(made.holder)
        ):
            return False
        here = made.names is self._names
        if (
            here
            and not made.holder
            and not made.cached
            and isinstance(self._runs.get(""), Recurrence)
        ):
            return False  # the module itself runs again and again
        if made.maker and re.search(rf"\b{made.maker}\(", self._body(name)):
            return False  # it is made anew before it is used
        return not _has(made.names, "listens", _LISTENING)

    def _other_database(self, made: Made) -> bool:
        """Tell whether a file that makes a session says that its engine is another database's."""
        if not made.kind.startswith("sqlalchemy."):
            return False
        called = made.node.func if isinstance(made.node, ast.Call) else None
        factory = made.names.imported(of_ast(called), "")
        return any(_speaks_of_others(names) for names in (made.names, *(factory or ())[:1]))

    def _lasting(self, act: Act, made: Made, name: str) -> Shared:
        steps = [Step(self._span(made.names, made.node), "made here, once for all")]
        steps.append(Step(self._span(self._names, act.outer), "used here"))
        if act.node is not act.outer:
            steps.append(Step(self._span(act.names, act.node), f"by `{act.held.text}`, there"))
        root = Member(self._names, name)
        acts = Acting(root, lasting=True).body(root, {})
        ends = any(a.ends for a in acts if a.held.key == act.held.key)
        found = self._shared(act.held, steps[1].span, steps, ends=ends)
        alone = found.alone or _commits_itself(act.names)
        settled = self._settles(name) or _settles_there(act)
        return replace(found, settled=settled, holder=made.holder, alone=alone)

    def _settles(self, name: str) -> bool:
        """Tell whether a function, or one of the file that leads to it, ends transactions."""
        if not name:
            return any(_says_end(node) for node in walk(self._names.module))
        todo, seen = [name], {name}
        while todo:
            if any(_says_end(node) for node in walk(self._names.functions[todo[-1]])):
                return True
            word = re.compile(rf"\b{re.escape(todo.pop().rpartition('.')[2])}\b")
            for other, node in self._names.functions.items():
                if other not in seen and word.search(self._text(node)):
                    seen.add(other)
                    todo.append(other)
        return False

    def _fanned(self, one: Fanned) -> Shared:
        made = one.held.made
        steps = []
        if made is not None:
            steps.append(Step(self._span(made.names, made.node), "made here"))
        elif one.taken is not None:
            steps.append(Step(self._span(self._names, one.taken), "taken here"))
        span = self._span(self._names, one.spawns[0])
        word = "tasks" if one.at_once is Concurrency.TASKS else "threads"
        label = f"{word} that run at the same time"
        if one.beside:
            label = f"a {word[:-1]} that is not waited for"
        steps.append(Step(span, label))
        steps += [
            Step(self._span(act.names, act.node), f"uses `{act.held.text}`")
            for act in one.acts[:2]
            if act.node not in (one.spawns[0], one.taken)
        ]
        return self._shared(one.held, span, steps, one.at_once, any(a.ends for a in one.acts))

    def _shared(
        self, held: Held, span: Span, steps: list[Step], at_once: Concurrency | None = None,
        ends: bool = False,
    ) -> Shared:  # fmt: skip
        kind = self._names.catalog.types[held.kind]
        made = held.made
        return Shared(
            span=span,
            target=held.text,
            driver=kind.driver,
            role=kind.role,
            harm=kind.shared,
            instead=kind.instead,
            is_async=_is_async(kind.id, self._names),
            made=steps[0].span if made is not None else None,
            steps=tuple(steps),
            at_once=at_once,
            ends=ends,
            alone=_commits_itself(made.names if made is not None else self._names)
            or (made is not None and _is_settled(made)),
            quiet=self._quiet,
        )

    def _span(self, names: Names, node: ast.expr | ast.stmt) -> Span:
        path = names.outside.path
        tree = None
        if names is not self._names and self._exports is not None:
            tree = self._exports.files.tree(path)
        return (tree or self._tree).span(node)


def _settles_there(act: Act) -> bool:
    """Tell whether the method that uses it speaks of the end of transactions, or is decorated.

    What a decorator does before and after is not looked into.
    """
    if act.node is act.outer:
        return False
    at = act.node.lineno
    around = [f for f in act.names.functions.values() if f.lineno <= at <= (f.end_lineno or 0)]
    return any(f.decorator_list or any(map(_says_end, walk(f))) for f in around)


def _speaks_of_others(names: Names) -> bool:
    """Tell whether a file holds the URL of another database than PostgreSQL."""
    known: dict[str, bool] = names.memory.setdefault("other databases", {})
    if "" not in known:
        known[""] = any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith(_OTHERS)
            for node in walk(names.module)
        )
    return known[""]


def _is_async(kind: str, names: Names) -> bool:
    """Tell whether the methods of a type are awaited."""
    return any(of == kind and "await" in api.call for (of, _), api in names.catalog.methods.items())


def _commits_itself(names: Names) -> bool:
    """Tell whether a file sets connections to autocommit."""
    known: dict[str, bool] = names.memory.setdefault("autocommit", {})
    if "" not in known:
        known[""] = names.told("autocommit") or any(
            _sets_autocommit(node) for node in walk(names.module)
        )
    return known[""]


def _is_settled(made: Made) -> bool:
    """Tell whether a function that opens a connection, of any file, may set autocommit."""
    node = made.node.value if isinstance(made.node, ast.Await) else made.node
    if not isinstance(node, ast.Call):
        return False
    opening = function(of_ast(node.func), made.holder, made.names)
    return opening is not None and settles(opening)


def _sets_autocommit(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="autocommit")], value=value):
            return not (isinstance(value, ast.Constant) and not value.value)
        case ast.Attribute(attr="ISOLATION_LEVEL_AUTOCOMMIT"):
            return True
        case ast.Call(func=ast.Attribute(attr="set_autocommit" | "set_isolation_level")):
            return True
        case ast.Constant(value="AUTOCOMMIT"):
            return True
    return False


def _says_end(node: ast.AST) -> bool:
    """Tell whether a name, an attribute or a statement speaks of the end of a transaction."""
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str(text)):
            return bool(_ENDING.search(text))
    return False


def _has(names: Names, key: str, attributes: frozenset[str]) -> bool:
    known: dict[str, bool] = names.memory.setdefault(key, {})
    if "" not in known:
        known[""] = any(
            isinstance(node, ast.Attribute) and node.attr in attributes
            for node in walk(names.module)
        )
    return known[""]
