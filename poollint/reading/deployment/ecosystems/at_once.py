"""How much of an application runs at once: processes of one instance, threads of one process."""

from __future__ import annotations

from posixpath import basename

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.ecosystems import (
    dotnet,
    ecto,
    golang,
    node_threads,
    php,
    rails,
    rust,
    spring,
)
from poollint.reading.deployment.ecosystems import pools as stated_pools
from poollint.reading.deployment.ecosystems.home import Home
from poollint.reading.deployment.ecosystems.package_scripts import operands
from poollint.reading.deployment.ecosystems.stating import Told
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.variables import Variables, unknown

_ALONE = {  # one start of these is one process
    spring.LANGUAGE: "Java",
    ecto.LANGUAGE: "Elixir",
    golang.LANGUAGE: "Go",
    rust.LANGUAGE: "Rust",
    dotnet.LANGUAGE: ".NET",
}
_PUMA_THREADS = 5
_SIDEKIQ_THREADS = 5


def workers(home: Home, unit: Unit, process: Process | None, variables: Variables) -> Figure | None:
    """Return the processes of one instance, None where nothing says how many."""
    if home.language == rails.LANGUAGE:
        if process is None or process.tool != "puma":
            return None
        told = _told(home, "puma", "workers") or Told(process.span, ("WEB_CONCURRENCY",), 1)
        figure = stated_pools.settled(told, variables, "workers", "workers")
        if figure is None:
            return unknown("workers", told.span, told.variables[0] if told.variables else "")
        if figure.low < 1 or (figure.origin == process.span):
            return Figure.defaulted(1, "workers", "Puma default")
        return figure
    if home.language in _ALONE:
        return alone(home.language)
    several = node_threads.processes(home.files, operands(unit))
    if several:
        return several
    if process and process.tool == "horizon":
        return php.horizon(home.file("horizon"), variables, process.span)
    name = basename(process.application) if process else ""
    language = platforms().language(name)
    if language and name in language.single:
        return Figure.defaulted(1, "processes", f"one start of `{name}`")
    return None


def alone(language: str) -> Figure | None:
    """Return the one process of a start in languages where each is one, else None."""
    if language not in _ALONE:
        return None
    return Figure.defaulted(1, "processes", f"one process of {_ALONE[language]}")


def threads(home: Home, process: Process | None, variables: Variables) -> Figure | None:
    """Return what runs at once within one process, None where nothing bounds it."""
    if home.language != rails.LANGUAGE or process is None:
        return None
    if process.tool == "puma":
        told = _told(home, "puma", "threads")
        names = ("PUMA_MAX_THREADS", "MAX_THREADS")
        told = told or Told(process.span, names, _PUMA_THREADS)
        return stated_pools.settled(told, variables, "threads")
    if process.tool == "sidekiq":
        if process.threads and process.threads.basis is Basis.STATED:
            return process.threads
        told = _told(home, "sidekiq", "concurrency")
        told = told or Told(process.span, ("RAILS_MAX_THREADS",), _SIDEKIQ_THREADS)
        return stated_pools.settled(told, variables, "threads")
    return None


def _told(home: Home, kind: str, name: str) -> Told | None:
    file = home.file(kind)
    return file.number(name) if file else None
