"""What is counted in an environment: who opens connections to where, and what is in no sum."""

from __future__ import annotations

from dataclasses import dataclass, field

from poollint.facts.topology import Client, IgnoredOption
from poollint.model.source import Span
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.reach import Target


@dataclass(frozen=True, slots=True)
class Opened:
    """What a container may open towards one server or pooler.

    `dbname` and `user` tell one pool of a pooler from another, "" where they are not known.
    """

    client: Client
    target: Target
    dbname: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Loading:
    """A container of which no pool is known; `told` says whether it is told of all the same."""

    name: str
    unit: Unit
    told: bool


@dataclass(slots=True)
class Count:
    """What was counted in one environment, what could not be, and what was assumed.

    outside  what connects to where nothing of the tree listens: the host ("" where no file says
             it), what connects, and what it may open there, None where that is not known
    runs     what is run by those that open something, and `silent` by those of which nothing says,
             and why not; of them `doubtful` are those whose image is not of the tree
    joined   the places of the pools that its containers open
    django   one of them has the connections of Django
    loads    what runs and is in no sum: it may load modules that talk to PostgreSQL
    ignored  sizes of pools in URLs at which no library looks
    """

    opened: list[Opened] = field(default_factory=list)
    missing: list[tuple[Target | None, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    outside: list[tuple[str, str, Client | None]] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    silent: list[tuple[frozenset[str], str, str]] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    joined: set[Span] = field(default_factory=set)
    django: bool = False
    loads: list[Loading] = field(default_factory=list)
    ignored: list[IgnoredOption] = field(default_factory=list)

    def miss(self, target: Target | None, text: str) -> None:
        if (target, text) not in self.missing:
            self.missing.append((target, text))

    def assume(self, text: str) -> None:
        if text and text not in self.assumed:
            self.assumed.append(text)
