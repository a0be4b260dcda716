"""The catalog with what users and plugins add to it.

A package of theirs becomes a driver like those built in: the same facts and rules follow from
it. What is not said is taken in the way that finds less: without more, `close()` gives a
connection back, and so does leaving a `with`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from poollint.catalog import frameworks as known_frameworks
from poollint.catalog import load
from poollint.catalog.frameworks import Entry, Framework, Frameworks, Lifecycle
from poollint.catalog.load import Api, Catalog, Driver, Param, Type
from poollint.catalog.own import BUILDING, NOTHING, TAKING, Additions, Package, owner

_EITHER = frozenset({"sync", "await"})
_BLOCK = frozenset({"with", "async-with"})
_ENDING = ("close", "closeall", "dispose", "disconnect", "terminate", "shutdown", "stop")


@cache
def drivers(additions: Additions = NOTHING) -> Catalog:
    """Return the drivers and what their calls mean, those that are added included."""
    catalog = load.drivers()
    for package in additions.packages:
        catalog = _Merge(package, catalog).merged()
    return catalog


@cache
def frameworks(additions: Additions = NOTHING) -> Frameworks:
    """Return the frameworks and what they call, what is added included."""
    known = known_frameworks.frameworks()
    if not additions.handlers:
        return known
    own = {name: _id(name) for _, names in additions.handlers for name in names}
    rows = [row for rate, names in additions.handlers for n in names for row in _rows(rate, n)]
    return Frameworks(
        {**known.frameworks, **{id_: Framework(id_, name, ()) for name, id_ in own.items()}},
        (*(row for row in rows if isinstance(row, Entry)), *known.entries),
        (*(row for row in rows if isinstance(row, Lifecycle)), *known.lifecycles),
    )


def _id(name: str) -> str:
    return f"own {name}"  # none of the built-in ones has a space


def _rows(rate: str, name: str) -> Iterator[Entry | Lifecycle]:
    """Yield the ways in which a decorator, function or method may call what it is given."""
    cls, method = owner(name)
    shapes: list[dict[str, tuple[str, ...] | str]] = [
        {"shape": "decorator", "names": (name,)},
        {"shape": "argument", "names": (name,), "keyword": "*"},
    ]
    if cls:
        on = {"receivers": (cls,), "attrs": (method,)}
        shapes += [
            {"shape": "decorator-method", **on},
            {"shape": "registration", "keyword": "*", **on},
            {"shape": "base", "bases": (cls,), "methods": (method,)},
        ]
    for shape in shapes:
        fields: dict[str, object] = {"framework": _id(name), "relative": True, **shape}
        if rate == "once":
            yield Lifecycle(when="said in the settings", **fields)  # type: ignore[arg-type]
        else:
            yield Entry(rate=rate, **fields)  # type: ignore[arg-type]


class _Merge:
    """One package, and the catalog it is added to."""

    def __init__(self, package: Package, known: Catalog) -> None:
        self._package = package
        self._known = known
        self._types = dict(known.types)
        self._type_of_name = dict(known.type_of_name)
        self._functions = dict(known.functions)
        self._methods = dict(known.methods)
        self._params = dict(known.params)

    def merged(self) -> Catalog:
        """Return the catalog with the package."""
        root = self._package.root
        before = self._known.drivers.get(root)
        imports = dict.fromkeys((*(before.imports if before else ()), root))
        driver = Driver(root, before.title if before else root, tuple(imports))
        for name, meaning in (*self._offered(), *self._package.same):
            self._same(name, meaning)
        for kind in BUILDING:
            self._building(kind)
        for kind in TAKING:
            self._add(self._taking(kind), self._package.of(kind))
        taking = {name for kind in TAKING for name in self._package.of(kind)}
        self._add(self._guard(), [n for n in self._package.of("guard") if n not in taking])
        released = [name for name in self._package.of("release") if "." in name]
        self._add(Api(root, "release", call=_EITHER, position=0), released)
        execute = Api(root, "execute", call=_EITHER, position=0, keyword="sql")
        self._add(execute, self._package.of("execute"))
        return Catalog(
            {**self._known.drivers, root: driver},
            self._types,
            self._type_of_name,
            self._functions,
            self._methods,
            self._params,
            self._known.families,
        )

    # --- the same as something known ---------------------------------------------------------

    def _offered(self) -> Iterator[tuple[str, str]]:
        """Yield the names that the package offers as the library does that it is like."""
        like = self._known.drivers.get(self._package.like)
        for name in {**self._known.functions, **self._known.type_of_name} if like else ():
            api, kind = self._known.functions.get(name), self._known.type_of_name.get(name, "")
            if like and like.id in (api and api.driver, kind and self._known.types[kind].driver):
                root = next((r for r in like.imports if name.startswith(f"{r}.")), "")
                if root:
                    yield f"{self._package.root}{name.removeprefix(root)}", name

    def _same(self, name: str, meaning: str) -> None:
        known = self._known
        if meaning in known.functions:
            api = known.functions[meaning]
            self._functions[name] = replace(api, driver=self._package.root, names=(name,))
        if meaning in known.type_of_name:
            self._type_of_name[name] = known.type_of_name[meaning]
        if meaning in known.params:
            self._params[name] = tuple(replace(p, api=name) for p in known.params[meaning])

    # --- of its own --------------------------------------------------------------------------

    def _add(self, api: Api, names: Iterable[str]) -> None:
        """Add what calling `names` means: functions, and methods of the package's classes."""
        for name in names:
            this = api
            if name in self._package.of("guard") and api.kind in TAKING:
                this = replace(api, exit="release", awaited_exit="release", guard="{call}")
                this = replace(this, call=api.call | _BLOCK, yields=api.yields or api.returns)
            self._functions[name] = replace(this, names=(name,))
            cls, method = owner(name)
            if cls:
                type_ = self._class(cls)
                receiver = replace(this, receivers=(type_,), methods=(method,))
                self._methods[type_, method] = receiver

    def _class(self, name: str) -> str:
        """Return the type of the objects of one of the package's classes."""
        if name not in self._type_of_name:
            self._type(name, "pool", (name,))
        return self._type_of_name[name]

    def _type(self, id_: str, role: str, names: tuple[str, ...]) -> str:
        leaving = {"pool": "close-pool", "engine": "close-pool"}.get(role, "close")
        self._types[id_] = Type(id_, self._package.root, names, role, leaving, leaving, False)
        self._type_of_name.update(dict.fromkeys(names, id_))
        return id_

    def _building(self, kind: str) -> None:
        """Add the package's pools or engines: one type, with the methods of what it is like."""
        names = self._package.of(kind)
        if not names:
            return
        like = self._like(kind)
        type_ = self._type(f"{self._package.root} {kind}", kind, names)
        for (of, method), api in self._known.methods.items() if like else ():
            if like and of == like.returns:
                self._methods[type_, method] = replace(api, receivers=(type_,), methods=(method,))
        api = Api(
            self._package.root,
            kind,
            call=_EITHER | _BLOCK,
            returns=type_,
            yields=type_,
            exit="close-pool",
            awaited_exit="close-pool",
            released_by=_ENDING,
            eager=like is not None and like.eager,
            release=like.release if like else "{conn}.close()",
        )
        for name in names:
            self._functions[name] = replace(api, names=(name,))
            self._params[name] = tuple(
                Param(name, role, role, -1, number, str(number))
                for role, number in self._package.defaults
            )

    def _taking(self, kind: str) -> Api:
        """Return what the package's functions mean that connect, take or open a session."""
        like = self._like(kind) or (self._like("connect") if kind == "acquire" else None)
        api = Api(
            self._package.root,
            kind,
            call=_EITHER | _BLOCK,
            returns=self._taken(),
            yields=self._taken(),
            exit="close",
            awaited_exit="close",
            released_by=("close",),
            eager=kind == "connect",
        )
        if like is not None:
            api = replace(
                api,
                call=like.call,
                returns=like.returns,
                yields=like.yields,
                exit=like.exit,
                awaited_exit=like.awaited_exit,
                released_by=like.released_by or ("close",),
                eager=like.eager,
            )
        return self._released(api, kind)

    def _released(self, api: Api, kind: str) -> Api:
        """Return `api` with the package's own ways of giving back, where it says them."""
        told = self._package.of("release")
        methods = tuple(name for name in told if "." not in name)
        functions = tuple(name for name in told if "." in name)
        released_by = api.released_by
        if told:
            released_by = (*methods, *(api.released_by if kind != "acquire" else ()))
        wait = "" if "sync" in api.call else "await "
        if functions:
            cls, method = owner(functions[0])
            text = f"{{pool}}.{method}({{conn}})" if cls else f"{functions[0]}({{conn}})"
        else:
            text = f"{{conn}}.{released_by[0]}()"
        guard = next(iter(self._package.of("guard")), "")
        if guard:
            guard = f"{{pool}}.{owner(guard)[1]}()" if owner(guard)[0] else f"{guard}(…)"
        given_back_to = tuple(name.rpartition(".")[2] for name in functions)
        return replace(
            api,
            released_by=tuple(dict.fromkeys(released_by)),
            given_back_to=given_back_to,
            release=wait + text,
            guard=guard,
        )

    def _guard(self) -> Api:
        """Return what the package's context managers mean, which give back what they yield."""
        taken = self._taken()
        kind = "session" if self._types[taken].role == "session" else "acquire"
        return Api(
            self._package.root,
            kind,
            call=_BLOCK,
            yields=taken,
            exit="release",
            guard="{call}",
        )

    def _taken(self) -> str:
        """Return the type of what the package hands out."""
        for kind in ("acquire", "connect", "session"):
            like = self._like(kind)
            if like is not None and like.returns:
                return like.returns
        id_ = f"{self._package.root} connection"
        return id_ if id_ in self._types else self._type(id_, "connection", ())

    def _like(self, kind: str) -> Api | None:
        """Return the first call of this kind of the library or class the package is like."""
        like = self._package.like
        class_ = self._known.type_of_name.get(like, "")
        for api in (*self._known.functions.values(), *self._known.methods.values()):
            if api.kind == kind and (
                api.returns == class_ if class_ else api.driver == like and like
            ):
                return api
        return None
