"""Where names lead that a file of Node.js imports, and that are no paths.

They are those of a package of the same tree, another name for a folder (`@/db`), or what a package
needs from elsewhere.

Sources: typescriptlang.org/tsconfig (`paths`, `baseUrl`, `extends`); nodejs.org/api/packages.html
(`main`, `exports`, `imports`); docs.npmjs.com/cli/using-npm/workspaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from poollint.reading.deployment.ecosystems import manifests, tsconfig
from poollint.reading.deployment.ecosystems.node_programs import stem
from poollint.reading.deployment.ecosystems.stating import StatedFile

_NEEDED = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_MAINS = ("source", "main", "module", "types")
_CONFIGS = ("tsconfig.json", "jsconfig.json")
_BUILT_IN = frozenset(
    "assert async_hooks buffer child_process cluster console constants crypto dgram"
    " diagnostics_channel dns domain events fs http http2 https inspector module net os path"
    " perf_hooks process punycode querystring readline repl stream string_decoder sys timers tls"
    " tty url util v8 vm worker_threads zlib bun".split()
)
_ELSEWHERE = ("node:", "bun:", "npm:", "jsr:", "data:", "http:", "https:", "virtual:")


@dataclass(frozen=True, slots=True)
class _Package:
    """What a `package.json` says: what it needs, and what it and its files are called."""

    home: str
    said: dict[str, object]

    def needs(self, name: str) -> bool:
        found = (self.said.get(key) for key in _NEEDED)
        return any(isinstance(one, dict) and name in one for one in found)


class Names:
    """The names of a tree; `text` tells what a file holds, "" where it is not there."""

    def __init__(self, packages: Iterable[StatedFile], text: Callable[[str], str]) -> None:
        """Take the manifests of the packages."""
        self._text = text
        self._homes = {file.title: normpath(file.home) for file in packages if file.title}
        self._packages: dict[str, _Package | None] = {}
        self._paths: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}

    def places(self, name: str, path: str) -> tuple[str, ...] | None:
        """Return where a name in the file `path` may lead, without endings of files.

        Empty where it leads out of the tree, None where nothing tells.
        """
        if name.startswith(_ELSEWHERE):
            return ()
        folder = dirname(path) or "."
        found = tuple(self._other_names(name, folder))
        if found:
            return found
        parts = name.split("/")
        package = "/".join(parts[: 1 + name.startswith("@")])
        if package in self._homes:
            return tuple(self._of_package(self._homes[package], name[len(package) + 1 :]))
        around = (self._package(one) for one in _upwards(folder))
        if parts[0] in _BUILT_IN or any(one and one.needs(package) for one in around):
            return ()
        based = tuple(join(base, name) for base in self._bases(folder))
        return based or None

    # --- Other names of folders ---

    def _other_names(self, name: str, folder: str) -> Iterator[str]:
        for at in _upwards(folder):
            config = next((p for c in _CONFIGS if self._text(p := normpath(join(at, c)))), "")
            if config:
                for pattern, targets in self._paths_of(config, 0):
                    yield from _filled(pattern, targets, name)
                break
        if name.startswith("#"):
            package = next(filter(None, map(self._package, _upwards(folder))), None)
            imports = package.said.get("imports") if package else None
            for pattern, told in imports.items() if isinstance(imports, dict) else ():
                targets = tuple(join(package.home, t) for t in _texts(told)) if package else ()
                yield from _filled(pattern, targets, name)

    def _paths_of(self, config: str, steps: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the `paths` that hold where a file of settings counts: its own or another's."""
        if config in self._paths or steps > tsconfig.MAX_STEPS:
            return self._paths.get(config, ())
        said = tsconfig.said(self._text(config))
        home = dirname(config) or "."
        base = normpath(join(home, said.base)) if said.base is not None else home
        found = tuple((p, tuple(normpath(join(base, t)) for t in ts)) for p, ts in said.paths)
        for other in reversed(said.extends) if not found else ():
            found = found or self._paths_of(tsconfig.extended(other, home), steps + 1)
        self._paths[config] = found
        return found

    def _bases(self, folder: str) -> Iterator[str]:
        """Yield the `baseUrl` of the nearest file of settings, from which names may be told."""
        for at in _upwards(folder):
            text = self._text(normpath(join(at, _CONFIGS[0])))
            if text:
                base = tsconfig.said(text).base
                if base is not None:
                    yield normpath(join(at, base))
                return

    # --- Packages of the tree ---

    def _package(self, home: str) -> _Package | None:
        if home not in self._packages:
            text = self._text(normpath(join(home, "package.json")))
            said = manifests.parsed(text) if text else None
            self._packages[home] = None if said is None else _Package(home, said)
        return self._packages[home]

    def _of_package(self, home: str, inner: str) -> Iterator[str]:
        """Yield where a package, or what it offers under a name, may begin in its sources."""
        package = self._package(home)
        said = package.said if package else {}
        told: list[str] = []
        exports = said.get("exports")
        if isinstance(exports, dict) and any(key.startswith(".") for key in exports):
            for key, value in exports.items():
                wanted = f"./{inner}" if inner else "."
                told += (t for text in _texts(value) for t in _filled(key, (text,), wanted))
        elif not inner:
            told += _texts(exports)
        if not inner:
            told += (text for key in _MAINS for text in _texts(said.get(key)))
        for text in told:
            yield normpath(join(home, text))
            yield normpath(join(home, "src", stem(normpath(text).removesuffix(".d.ts"))))
        yield normpath(join(home, inner)) if inner else normpath(join(home, "src/index"))
        yield normpath(join(home, "src", inner)) if inner else normpath(join(home, "index"))


def _upwards(folder: str) -> Iterator[str]:
    """Yield a folder and those around it, up to where paths begin."""
    at = normpath(folder or ".")
    while True:
        yield at
        if at in (".", "..", "/") or at.endswith("/.."):
            return
        at = dirname(at) or "."


def _filled(pattern: str, targets: Iterable[str], name: str) -> Iterator[str]:
    """Yield the targets of a pattern that a name is one of; a `*` stands for any text."""
    head, star, tail = pattern.partition("*")
    if not star:
        yield from targets if name == pattern else ()
    elif name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail):
        inner = name[len(head) : len(name) - len(tail)]
        yield from (target.replace("*", inner) for target in targets)


def _texts(value: object) -> tuple[str, ...]:
    """Return the paths that a value of a `package.json` holds, whatever they are for."""
    if isinstance(value, str):
        return (value,)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(text for one in inner for text in _texts(one)))
