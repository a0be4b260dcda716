"""The readers there are, and which files of a project have to do with each other."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from posixpath import normpath
from typing import TYPE_CHECKING

from poollint.catalog.merged import drivers
from poollint.catalog.own import NOTHING, Additions
from poollint.reading.naming.files.glance import glance
from poollint.reading.naming.given import application_state
from poollint.reading.reader import FileReading, Options, Reader

if TYPE_CHECKING:
    from poollint.facts.code import Module
    from poollint.reading.naming.files.dependencies import Links
    from poollint.reading.naming.files.exports import Exports
    from poollint.reading.naming.files.python_files import Answer, Load, Remember

_LAUNCHING = "poollint.reading.running.processes.launching"
_ECOSYSTEMS = "poollint.reading.deployment.ecosystems.reading"

# A cheap test of the path, a `/` before it, and the module whose `READER` decides. It covers all
# that the reader may claim; modules are imported when a file passes it, so that a run over Python
# files does not import a YAML parser.
_READERS = (
    (re.compile(r"\.pyi?$"), "poollint.reading.python"),  # first: there are most of these
    (re.compile(r"\.(?:sh|bash|service)$", re.I), _LAUNCHING),
    (re.compile(r"entrypoint$", re.I), _LAUNCHING),
    (
        re.compile(
            r"(?:uwsgi|supervisord?)[^/]*\.\w+$"
            r"|/\.?supervis[^/]*/(?:[^/]+/)?[^/]+\.(?:conf|ini)$",
            re.I,
        ),
        _LAUNCHING,
    ),
    (
        re.compile(r"(?:ecosystem|pm2|/process(?:es)?)[^/]*\.(?:[cm]?js|json|ya?ml)$", re.I),
        "poollint.reading.deployment.programs.pm2",
    ),
    (re.compile(r"src/main/resources/(?:config/)?application[^/]*$"), _ECOSYSTEMS),
    (
        re.compile(r"/application[^/]*\.properties$"),
        "poollint.reading.deployment.ecosystems.beside",
    ),
    (re.compile(r"repo\.ex$"), _ECOSYSTEMS),
    (re.compile(r"\.(?:exs|prisma|go|php|rs|cs|fs|vb|[cm]?[jt]s|csproj)$"), _ECOSYSTEMS),
    (
        re.compile(
            r"/(?:config/(?:database\.yml|sidekiq\.yml|puma\.rb|puma/production\.rb)"
            r"|config/(?:packages/(?:prod/)?)?doctrine\.ya?ml|models/(?:.*/)?[^/]+\.rb"
            r"|(?:package|composer|(?:tsconfig|appsettings)[^/]*)\.json|go\.mod|Cargo\.toml"
            r"|Gemfile|pom\.xml|build\.gradle(?:\.kts)?)$"
        ),
        _ECOSYSTEMS,
    ),
    (
        re.compile(r"(?:(?:/www|fpm|pool\.d/)[^/]*|/(?:php-fpm\.d|fpm)/[^/]+)\.conf$"),
        _ECOSYSTEMS,
    ),
    (re.compile(r"/alembic[^/]*\.ini$"), "poollint.reading.session.alembic"),
    (re.compile(r"\.ini(?:\.\w+)?$", re.I), "poollint.reading.settings.pgbouncer"),
    (re.compile(r"pgcat[^.]*\.toml$", re.I), "poollint.reading.settings.pgcat"),
    (re.compile(r"hba[^/]*\.conf$", re.I), "poollint.reading.settings.hba"),
    (re.compile(r"odyssey[^/]*(?:/[^/]+){0,2}\.conf$", re.I), "poollint.reading.settings.odyssey"),
    (re.compile(r"pgpool[^/]*(?:/[^/]+){0,2}\.conf$", re.I), "poollint.reading.settings.pgpool"),
    (re.compile(r"userlist[^/]*$", re.I), "poollint.reading.settings.userlist"),
    (re.compile(r"\.sql$", re.I), "poollint.reading.settings.roles"),
    (re.compile(r"/conf\.d/[^/]*\.conf$", re.I), "poollint.reading.running.processes.parts"),
    (re.compile(r"\.conf(?:\.\w+)?$", re.I), "poollint.reading.settings.postgresql"),
    (re.compile(r"\.conf$", re.I), "poollint.reading.settings.pointed_at"),
    (
        re.compile(
            r"/(?:(?:Chart|requirements|(?:[\w.-]*[._-])?values[^/]*)\.ya?ml"
            r"|(?:values|profiles)/[^/]*\.ya?ml|templates/(?:.*/)?_[^/]*(?:/.*)?\.tpl)$"
        ),
        "poollint.reading.deployment.helm.files",
    ),
    (
        re.compile(r"\.ya?ml\.\w+$|/(?!procfile|dockerfile)[\w-]+\.tmpl$", re.I),
        "poollint.reading.deployment.unrendered",
    ),
    (re.compile(r"/charts/[^/]+\.tgz$"), "poollint.reading.deployment.helm.packed"),
    (re.compile(r"\.(?:j2|jinja2?)$"), "poollint.reading.deployment.ansible.daemons"),
    (
        re.compile(r"/(?:(?:group|host)_vars/|(?:defaults|vars)/main\b|roles/[^/]+/\w+/)"),
        "poollint.reading.deployment.ansible.files",
    ),
    (re.compile(r"\.ya?ml$", re.I), "poollint.reading.deployment.manifest"),
    (
        re.compile(r"/(?:docker-bake[^/]*\.hcl|(?:GNU)?[Mm]akefile|[^/]+\.mk)$"),
        "poollint.reading.deployment.images.builds",
    ),
    (
        re.compile(r"/(?:\.?justfile|pyproject\.toml)$", re.I),
        "poollint.reading.deployment.programs.recipes",
    ),
    (re.compile(r"\.(?:nomad|job|hcl)$"), "poollint.reading.deployment.formats.nomad"),
    (
        re.compile(r"\.(?:tf|tofu|tfvars|tpl|tftpl)$|\.(?:tf|tofu|tfvars)\.json$"),
        "poollint.reading.deployment.terraform.files",
    ),
    (
        re.compile(r"\.(?:json|template|toml)$"),
        "poollint.reading.deployment.described",
    ),
    (re.compile(r"/procfile[^/]*$", re.I), "poollint.reading.deployment.formats.procfile"),
    (
        re.compile(r"(?:docker|container)file[^/]*$", re.I),
        "poollint.reading.deployment.images.dockerfile",
    ),
    (
        re.compile(r"[/.]env(?:ironment)?(?:[.-][^/]*)?$|/\.?env(?:s|s?\.d)/", re.I),
        "poollint.reading.deployment.compose.dotenv",
    ),
)

_WORD = re.compile(rb"[\w\x80-\xff]+")

# Readers of files that only serve to understand others, and of files that build and run nothing.
_INCIDENTAL = frozenset({"beside", "dotenv", "launch", "stated"})
_BUILDING = frozenset({"beside", "dotenv", "dockerfile", "launch", "stated"})


@lru_cache(maxsize=2**16)
def reader_of(path: str) -> Reader | None:
    """Return the reader that takes the file `path` (POSIX, relative), None where none does."""
    whole = f"/{path}"
    for test, module in _READERS:
        if test.search(whole):
            reader = _reader(module)
            if reader.claims(path):
                return reader
    return None


def may_have_reader(path: str) -> bool:
    """Tell whether a reader may take the file `path`; none is imported to ask it."""
    whole = f"/{path}"
    return any(test.search(whole) for test, _ in _READERS)


@cache
def _reader(module: str) -> Reader:
    reader: Reader = importlib.import_module(module).READER
    return reader


def exports(
    paths: Callable[[], Iterable[str]],
    load: Load,
    additions: Additions = NOTHING,
    scripts: Callable[[], Iterable[str]] = tuple,
    remember: Remember = lambda path, look: look(),
    answer: Answer = lambda path, question, look: look(),
    links: Links | None = None,
    home: str = "",
) -> Callable[[], Exports]:
    """Return, for `Options`, what the Python files of a project offer each other.

    `paths` gives all of them, as they are shown, `scripts` the files of SQL, and `load` the text
    of one. None is asked before a file is read that imports something, or reads SQL. `remember`
    may know what a file tells at a glance without looking, `answer` what else was asked of it,
    and `links` which files import from which. `home` is the folder from which the paths are told,
    as the root of the project sees it.
    """

    @cache
    def made() -> Exports:
        module = importlib.import_module("poollint.reading.naming.files.python_files")
        found: Exports = importlib.import_module("poollint.reading.naming.files.exports").Exports(
            module.PythonFiles(paths(), load, scripts, remember, answer, home=home),
            drivers(additions),
            links,
        )
        return found

    return made


Wanted = Callable[[str, Callable[[], bytes]], bool]


def engines_elsewhere(modules: Iterable[Module], options: Options) -> Iterable[str]:
    """Return the paths of the files that may build engines, where it matters which there are."""
    nested = (one for m in modules for function in m.functions for one in function.nested)
    if options.exports is None or not any(one.handed for one in nested):
        return ()
    only_one = importlib.import_module("poollint.reading.connections.pools.only_one")
    found: Iterable[str] = only_one.building(options.exports())
    return found


def importing(modules: Iterable[Module], options: Options) -> Wanted | None:
    """Return a test of a Python file, by its path and bytes: whether it imports what they offer.

    So does a driver that another file hands on. The bytes are only asked for where they count.

    None where there are no modules.
    """
    modules = tuple(modules)
    offers = {normpath(module.path): module.offers for module in modules if module.offers}
    exports_of = options.exports
    if not modules or exports_of is None:
        return None
    every = {name for offered in offers.values() for name in offered}
    words = {(application_state.word(name) if "." in name else name).encode() for name in every}
    plain = frozenset(word for word in words if _WORD.fullmatch(word))
    composed = words - plain  # keys of an application: "shop-pool"
    kept = {name for name in every if "." in name}

    def test(path: str, load: Callable[[], bytes]) -> bool:
        # What a stub tells is looked up nowhere: no file imports it.
        seen = exports_of().files.glance(path) if path.endswith(".py") else glance(load())
        if exports_of().handed_driver(path, seen.imports):
            return True
        if kept.isdisjoint(seen.reads) and not exports_of().uses(path, seen.imports, offers):
            return False
        data = load()
        return not plain.isdisjoint(match[0] for match in _WORD.finditer(data)) or any(
            word in data for word in composed
        )

    return test


def includes(reading: FileReading) -> bool:
    """Tell whether a file of settings includes others."""
    return any(getattr(part, "includes", ()) for part in reading.parts)


def describes_infrastructure(reading: FileReading) -> bool:
    """Tell whether a file says anything of poolers, servers or workloads."""
    if reading.reader in _INCIDENTAL:
        running = ("daemons", "calls")  # of units, and of commands that deploy
        return any(getattr(d, name, ()) for d in reading.documents for name in running)
    told = (reading.configurations, reading.poolers, reading.servers, reading.limits)
    return bool(reading.documents) or any(told)


def describes_deployment(reading: FileReading) -> bool:
    """Tell whether a file says what runs, or configures a pooler or a server."""
    return reading.reader not in _BUILDING and describes_infrastructure(reading)


def driver_titles(modules: Iterable[Module]) -> tuple[str, ...]:
    """Return what people call the drivers that `modules` use, alphabetical."""
    used = {driver for module in modules for driver in module.drivers}
    if not used:
        return ()
    known = drivers().drivers
    titles = (known[driver].title if driver in known else driver for driver in used)
    return tuple(sorted(titles, key=str.lower))
