"""What drivers do to their sessions by themselves, told where their connections are made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import libcst as cst

from poollint.catalog.load import Api
from poollint.catalog.session import Manners, Naming, Package, sessions
from poollint.facts.code import Effect, Statement
from poollint.model.source import Span
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast, of_cst
from poollint.reading.naming.values.dsn import options as options_of
from poollint.reading.naming.values.strings import Strings, argument
from poollint.reading.paths.walk import of_unit
from poollint.reading.session.arguments import UNKNOWN, Told, entries, told, values
from poollint.reading.session.sql import HOLE
from poollint.syntax.newer import expression
from poollint.syntax.python import Unit

_MAKING = frozenset({"connect", "pool", "engine"})
# Arguments that make the connections, or say how, in place of the others.
_ELSEWHERE = frozenset({"creator", "async_creator", "pool", "connect"})
_OF_OTHERS = frozenset({"check_same_thread"})  # what only another database's driver is told
_CONFIGURED = "config_file"  # or a dictionary: `tortoise` reads what that says
_URL = re.compile(r"postgres(?:ql)?(?:\+(?P<dialect>\w+))?(?=:|$)", re.I)
_DIALECTS = re.compile(r"postgres(?:ql)?\+(\w+)", re.I)
_IN_URL = re.compile(r"[?&]options=([^&]*)|\boptions\s*=\s*'((?:[^'\\]|\\.)*)'")
_OPTIONS = "options"
_OPTION = re.compile(r"(?:^|\s)(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")


@dataclass(frozen=True, slots=True)
class Maker:
    """A call that makes connections, and what it says of the driver.

    `dialect` is what its URL must name for the driver to be this one, "" where it is known.
    """

    call: ast.Call
    scope: str
    span: Span
    url: str
    package: Package
    driver: Manners
    given: Told
    dialect: str


def made(unit: Unit, names: Names) -> Iterator[Statement]:
    """Yield what the connections made in a unit do to their sessions, in text order."""
    for place in of_unit(unit):
        if isinstance(place.node, cst.Call):
            api = names.api(of_cst(place.node.func), place.scope)
            if api is not None and api.kind in _MAKING and not api.receivers:
                yield from _of_call(unit, place.node, place.scope, api, names)


def _of_call(unit: Unit, node: cst.Call, scope: str, api: Api, names: Names) -> Iterator[Statement]:
    package = sessions().packages.get(api.driver)
    call = expression(unit.code(node))
    if package is None or not isinstance(call, ast.Call):
        return
    span = unit.span(node)
    url = _url(call, scope, names, span)
    given = told(call, scope, names)
    if _ELSEWHERE & given.keys() or _CONFIGURED in given or configured(call, scope, names):
        return
    if package.bag:
        bags = given.pop(package.bag, [])
        rest = {UNKNOWN: given[UNKNOWN]} if UNKNOWN in given else {}
        given = rest
        for bag in bags:
            for key, found in entries(bag, scope, names).items():
                given.setdefault(key, []).extend(found)
    if _OF_OTHERS & given.keys():
        return
    origin = Origins(unit, names).of_call(call, scope, span)
    function = scope if scope in names.functions else ""
    qualified = names.qualified(of_cst(node.func), scope)
    told_by = " ".join([qualified, *given]) if package.words else ""
    for driver, dialect in drivers_of(package, api, url, unit.source.text, told_by, names):
        maker = Maker(call, scope, span, url, package, driver, given, dialect)
        for effect, text, subject, help_ in effects(maker, unit.source.text, names):
            yield Statement(
                effect=effect,
                text=text,
                subject=subject,
                span=span,
                function=function,
                url=origin.url,
                variable=origin.variable,
                help=help_,
                failure=driver.failure if effect is Effect.NAMED_STATEMENTS else "",
                dialect=dialect,
            )
        yield from _refused(maker, origin, function)


def configured(call: ast.Call, scope: str, names: Names) -> ast.expr | None:
    """Return the dictionary of connections that a call is given in place of a URL, or None."""
    params = names.catalog.params.get(names.qualified(of_ast(call.func), scope), ())
    param = next((p for p in params if p.role == "connections"), None)
    return argument(call, param.position, param.name) if param else None


def _refused(maker: Maker, origin: Origin, function: str) -> Iterator[Statement]:
    """Yield the options of other clients in a URL that this driver does not take.

    Where a variable holds the URL, all that it might hold: linking tells which it does.
    """
    package = maker.package
    if package.reads or maker.dialect:
        return
    id_ = next(i for i, known in sessions().drivers.items() if known is maker.driver)
    names = package.foreign.get(id_) or maker.driver.foreign
    if not origin.variable:
        names = tuple(name for name in options_of(maker.url) if name.lower() in names)
    if names:
        yield Statement(
            effect=Effect.URL_OPTION,
            text=maker.driver.title,
            subject=",".join(names),
            span=maker.span,
            function=function,
            url=None if origin.variable else origin.url,
            variable=origin.variable,
            failure=package.refuses.get(id_) or maker.driver.refuses,
        )


def _url(call: ast.Call, scope: str, names: Names, span: Span) -> str:
    params = names.catalog.params.get(names.qualified(of_ast(call.func), scope), ())
    param = next((p for p in params if p.role == "dsn"), None)
    node = argument(call, param.position, param.name) if param else None
    return Strings(names).of(node, scope, lambda: span.start.line) if node is not None else HOLE


def drivers_of(
    package: Package, api: Api, url: str, text: str, told_by: str, names: Names
) -> Iterator[tuple[Manners, str]]:
    """Yield the driver of a call; where its URL is not known, one that the URL must name."""
    known = sessions().drivers
    stated = _URL.match(url.strip())
    if len(package.dialects) == 1:  # a driver itself, or what has one unless a word says another
        word = next((w for w in package.words if w in told_by), "")
        yield known[package.words[word] if word else next(iter(package.dialects.values()))], ""
        return
    scheme = url.partition("://")[0].strip()
    dialect = stated["dialect"] or "" if stated else scheme if scheme in package.dialects else None
    kind = names.catalog.types.get(api.returns)
    asynchronous = (kind is not None and kind.id.endswith(".async_engine")) or (
        package.dialects.get("") == package.asynchronous
    )
    if dialect is None:
        told_ = {d.lower() for d in _DIALECTS.findall(text)} & package.dialects.keys()
        if asynchronous:
            told_ -= {"psycopg2"}
        dialect = told_.pop() if len(told_) == 1 else None
    if dialect is not None and (dialect or not asynchronous):
        if dialect in package.dialects:
            yield known[package.dialects[dialect]], ""
        return
    if stated is None and url != HOLE and "://" in url:
        return  # of another database
    if asynchronous and package.asynchronous:
        yield known[package.asynchronous], ""
    elif not asynchronous:
        yield known["psycopg2"], ""
        yield known["psycopg"], "psycopg"


def effects(maker: Maker, text: str, names: Names) -> Iterator[tuple[Effect, str, str, str]]:
    """Yield what a maker's connections do: effect, how it is shown, subject, what to do instead.

    `text` is that of the file, in which a connection may be told more.
    """
    named = maker.driver.named
    if named is not None and _names_statements(maker, named, text, names):
        yield Effect.NAMED_STATEMENTS, maker.driver.title, "", _instead(maker.package, named)
    if maker.dialect:
        return  # the other driver takes the same parameters
    begins = (maker.package.begins or maker.driver.begins) and not maker.package.commits
    if begins and "autocommit" not in text.lower():
        yield Effect.TRANSACTION, maker.driver.title, "", ""
    for argument_, parameters in _startup(maker, names):
        yield Effect.STARTUP, argument_, ",".join(parameters), ""


def _names_statements(maker: Maker, named: Naming, text: str, names: Names) -> bool:
    """Tell whether the connections name statements, as far as anything says otherwise."""
    given = maker.given
    if UNKNOWN in given or any(name in given for name in named.also):
        return False
    if re.search(rf"\.{named.argument}\s*=(?!=)", text):  # set on the connection itself
        return False
    said = [v for node in given.get(named.argument, ()) for v in values(node, maker.scope, names)]
    said += re.findall(rf"[?&]{named.argument}=(\w+)", "" if maker.package.bag else maker.url)
    return all(value is not None and value not in named.off for value in said)


def _instead(package: Package, named: Naming) -> str:
    off = named.off[0]
    if package.bag:
        return f'pass `{package.bag}={{"{named.argument}": {off}}}`'
    return f"pass `{named.argument}={off}`"


def _startup(maker: Maker, names: Names) -> Iterator[tuple[str, list[str]]]:
    """Yield the startup parameters that are asked for, each lot with how it is given."""
    strings = Strings(names)
    options, settings = maker.driver.options, maker.driver.settings
    texts = [
        strings.of(node, maker.scope, lambda: maker.span.start.line)
        for node in maker.given.get(options, ())
    ]
    texts += [unquote(a or b).replace("+", " ") for a, b in _IN_URL.findall(maker.url)]
    for text in texts if options else ():
        yield from _within(text)
    for node in maker.given.get(settings, ()) if settings else ():
        given = entries(node, maker.scope, names)
        # libpq's `options` is such a parameter too, and holds others.
        for inner in given.pop(_OPTIONS, ()):
            yield from _within(strings.of(inner, maker.scope, lambda: maker.span.start.line))
        found = [key for key in given if key != UNKNOWN]
        if found:
            yield settings, found
    own = maker.driver.own if settings and not maker.package.bag else ()
    own = (*own, *maker.driver.foreign) if own else ()  # these are refused by every server
    asked = [name for name in options_of(maker.url) if name not in own] if own else []
    if asked and len(maker.package.dialects) == 1:
        yield "the URL", asked


def _within(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the parameters that a text of `options` asks for."""
    found = [name.replace("-", "_") for name in _OPTION.findall(text)]
    if found:
        yield _OPTIONS, list(dict.fromkeys(found))
