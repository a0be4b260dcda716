"""What may open connections and is part of no server's sum, in words.

A sum is only as good as what is in it: an address of which the tree has nothing but the name, a
pool that nothing described runs, an autoscaler that is kept apart from what it scales are told,
with as much of their own sum as is known.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from poollint.catalog.load import drivers
from poollint.catalog.platforms import platforms
from poollint.facts.code import Module, Pool
from poollint.facts.topology import Client, PoolerBudget, Topology
from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.kubernetes import instances
from poollint.reading.deployment.linking.by_values import naming
from poollint.reading.deployment.linking.counting import Count, Loading
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.sums import nobody
from poollint.reading.deployment.linking.wording import at_most, quoted
from poollint.reading.deployment.pools import pool_sizes, pools
from poollint.reading.deployment.pools.pools import Code

MAX_PLACES = 2  # that are named of what describes a host
# What follows the name of a Service in Kubernetes' DNS: its namespace.
_SERVICE = re.compile(r"\.[a-z0-9-]+\.svc(?:\.cluster\.local)?\.?$")
_UNDESCRIBED = "which no file describes"
_NAMED = re.compile(r"`([^`]+)`")
_NOWHERE = "no file says where to"
# What the environment of all files is called, whose folder is that of the tree.
_NAMELESS = frozenset(("terraform", "nomad"))
_NOBODY = "for no file that is read says what runs it"


@dataclass(slots=True)
class Uncounted:
    """What was left out in all environments.

    texts    each with the environments that it is told of
    loads    what runs and is in no sum, as `Count` has it
    hosts    the host of which a text says that no file describes it, with the platform of what
             runs there, and `listening` the places that describe one in another environment, with
             theirs; `asleep` are those that only a profile starts
    top      the folder that all environments lie in, as it is seen from the project's root
    joined   the places of the pools that something opens, and `django` tells the same of Django
    clients  what opens connections, wherever to
    servers  all there are, with their environments, and `served` the places of those that have
             clients in one of them; `members` says to which cluster a place belongs, `limits` in
             words what a file states of how many connections it takes
    doubtful names of containers that may be clients, or not, with their environments
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    joined: set[Span] = field(default_factory=set)
    clients: list[Client] = field(default_factory=list)
    servers: dict[tuple[str, Span], list[str]] = field(default_factory=dict)
    served: set[Span] = field(default_factory=set)
    members: dict[Span, str] = field(default_factory=dict)
    limits: dict[Span, dict[str, None]] = field(default_factory=dict)
    django: bool = False
    doubtful: dict[str, list[str]] = field(default_factory=dict)
    loads: list[Loading] = field(default_factory=list)
    hosts: dict[str, tuple[str, str]] = field(default_factory=dict)
    listening: dict[str, dict[Span, str]] = field(default_factory=dict)
    asleep: dict[str, str] = field(default_factory=dict)
    top: str = ""

    def add(
        self, scope: str, counted: Count, topology: Topology, asleep: Container[str] = ()
    ) -> None:
        """Take what one environment leaves out, and its servers do not tell.

        `asleep` are hosts that are described, but that nothing starts there.
        """
        self.joined |= counted.joined
        self.django |= counted.django
        self.loads += counted.loads
        self.clients += [o.client for o in counted.opened]
        self.clients += [client for _, _, client in counted.outside if client]
        none = () if topology.servers else (t for target, t in counted.missing if target is None)
        known = {found[1] for _, text in counted.missing if (found := _NAMED.match(text))}
        for name in dict.fromkeys(name for name in counted.doubtful if name not in known):
            self.doubtful.setdefault(name, []).append(scope)
        self.tell(scope, topology, asleep, _outside(counted, asleep, topology))
        self.note(scope, none)
        self.serve(scope, topology)

    def tell(
        self, scope: str, topology: Topology, asleep: Container[str] = (),
        outside: Iterable[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        """Take what leads out of one environment, with the hosts that it leads to."""
        found = (*outside, *_beyond(topology, asleep))
        self.hosts |= {text: (host, _platform(topology)) for host, text in found if host}
        self.note(scope, (text for _, text in found))

    def serve(self, scope: str, topology: Topology) -> None:
        """Note to which servers something connects, in this environment or another."""
        led_to = [pooler.server for pooler in topology.poolers]
        for one in topology.servers:
            if one.clients or one.missing or any(one.server is server for server in led_to):
                self.served.add(one.server.span)
            self.servers.setdefault((one.server.name, one.server.span), []).append(scope)
            self._listens(one.server.hosts, one.server.span, topology)
            most = one.server.max_connections
            if most.basis is Basis.STATED and most.exact and isinstance(most.origin, Span):
                told = f"{most.low} ({most.origin.path}:{most.origin.start.line})"
                self.limits.setdefault(one.server.span, {})[told] = None
            if one.server.cluster:
                self.members[one.server.span] = one.server.cluster
        for pool in topology.poolers:
            if pool.clients or pool.missing or nobody(pool):
                self.served.add(pool.pooler.span)
            self._listens(pool.pooler.hosts, pool.pooler.span, topology)
            self.servers.setdefault((pool.pooler.name, pool.pooler.span), []).append(scope)

    def sleep(self, dormant: Iterable[tuple[tuple[str, ...], Placed]]) -> None:
        """Take by which hosts that is known which only profiles start."""
        for _, behind in dormant:
            for address in behind.addresses:
                self.asleep[address.host.lower()] = behind.workload.platform

    def note(self, scope: str, texts: Iterable[str]) -> None:
        """Take what is told of one environment."""
        for text in texts:
            self.texts.setdefault(text, []).append(scope)

    def told(
        self, code: Code, documents: Iterable[object] = (), others: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Return all of it, with the pools that nothing runs which the tree describes.

        `others` are those of code that is no Python, in words.
        """
        documents = tuple(documents)
        every = self.texts.items()
        found = [self._placed(self._described(text), scopes) for text, scopes in every]
        found += _apart(self.clients, documents)
        clusters = {self.members[span] for span in self.served if span in self.members}
        for (name, span), scopes in self.servers.items():
            if span not in self.served and self.members.get(span) not in clusters:
                clusters |= {self.members[span]} if span in self.members else set()
                hosts = (host for host, spans in self.listening.items() if span in spans)
                paths = naming(hosts, documents)
                by = f" by values in {quoted(paths)}" if paths else ""
                which = " of which chart" if paths else ""
                who = f"what connects to `{name}`{by}, for no file says{which}"
                limit = " or ".join(self.limits.get(span, ()))
                limit = f"; its max_connections is {limit}" if limit else ""
                found.append(f"{self._placed(who, scopes)}{limit}")
        built = pools.every(code)
        found += _idle(built, self.joined)
        loading: list[tuple[Loading, frozenset[str]]] = []
        if not (built or self.joined or self.django):
            whole = (
                (one, code.driving(one.unit.container, one.unit.handler)) for one in self.loads
            )
            loading += [(one, paths) for one, paths in whole if paths]
            found += _without_pools(code, loading)
        found += [f"{what}, {_NOBODY}" for what in others]
        serving = {name for name, _ in self.servers}  # some are known by a file alone
        serving |= {one.name for one, _ in loading}  # what these open is told
        doubtful = [name for name in self.doubtful if name not in serving]
        if doubtful and (found or self.servers or self.clients or self.django):
            found += self._may_open(doubtful)
        return tuple(dict.fromkeys(found))

    def _described(self, text: str) -> str:
        """Return a text of a host which another environment describes: it is kept apart.

        A name in a cluster is no name in a Compose project.
        """
        host, platform = self.hosts.get(text, ("", ""))
        known = self.listening.get(host) or self.listening.get(_SERVICE.sub("", host), {})
        found = [span for span, other in known.items() if platform in ("", other) or not other]
        self.served |= set(found)
        paths = list(dict.fromkeys(span.path for span in found))
        only = self.asleep.get(host.lower())
        if not paths and only is not None and (platform in ("", only) or not only):
            return text.replace(_UNDESCRIBED, "which only a profile starts")
        if not paths:
            return text
        named = paths[:MAX_PLACES] if len(paths) <= MAX_PLACES else [", ".join(paths[:MAX_PLACES])]
        where = " or ".join((*named, *(["another"] if paths[MAX_PLACES:] else ())))
        return text.replace(_UNDESCRIBED, f"which {where} describes, apart from it")

    def _listens(self, hosts: Iterable[str], at: Span, topology: Topology) -> None:
        for host in hosts:
            self.listening.setdefault(host, {})[at] = _platform(topology)

    def _may_open(self, doubtful: list[str]) -> Iterator[str]:
        """Yield what containers may open; one that is called as another is told with its place."""
        others = {client.name for client in self.clients}
        alone = [name for name in doubtful if name not in others]
        if alone:
            which = "it connects" if len(alone) == 1 else "they connect"
            yield f"what {quoted(alone)} may open, for no file says where {which}"
        for name in (name for name in doubtful if name in others):
            what = f"what `{name}` may open, for no file says where it connects"
            yield self._placed(what, self.doubtful[name])

    def _placed(self, text: str, scopes: list[str]) -> str:
        """Return a text with all environments that it is told of; reports name only the first."""
        known = dict.fromkeys(self._path(scope) for scope in scopes if scope)
        return f"{text} (in {', '.join(known)})" if known else text

    def _path(self, scope: str) -> str:
        """Return the place of an environment, from the project's root."""
        if not self.top:
            return scope
        return self.top if scope in _NAMELESS else f"{self.top}/{scope}"


def of_code(modules: Iterable[Module]) -> tuple[str, ...]:
    """Return the pools of a tree that describes nothing that runs."""
    return Uncounted().told(pools.code(modules, ()))


# --- What leads to where nothing is described ------------------------------------------------


def _platform(topology: Topology) -> str:
    """Return what starts what runs in an environment, "" where nothing is known to run."""
    return next((workload.platform for workload in topology.workloads), "")


def _others(topology: Topology) -> frozenset[str]:
    """Return the names of what runs beside servers and poolers."""
    known = {s.server.name for s in topology.servers} | {p.pooler.name for p in topology.poolers}
    return frozenset(w.name.lower() for w in topology.workloads if w.name not in known)


def _foreign(topology: Topology) -> frozenset[str]:
    """Return the names of what runs nothing but images of other products: MySQL, Redis."""
    foreign = platforms().foreign.difference(platforms().distributions)
    return frozenset(
        w.name.lower()
        for w in topology.workloads
        if w.containers and all(reference(c.image)[1] in foreign for c in w.containers)
    )


def _outside(
    counted: Count, asleep: Container[str], topology: Topology
) -> Iterator[tuple[str, str]]:
    """Yield each host of which the tree has only the name, or that is none known, and what is told.

    The host is "" where it is known what it is.
    """
    others, foreign = _others(topology), _foreign(topology)
    hosts = dict.fromkeys(host for host, _, _ in counted.outside)
    for host in hosts:
        found = [(name, client) for at, name, client in counted.outside if at == host]
        known = [client for _, client in found if client]
        unknown = dict.fromkeys(name for name, client in found if client is None)
        why = _UNDESCRIBED
        if host in asleep:
            why = "which only a profile starts"
        elif host.lower() in others:
            why = "which is known neither as a server nor as a pooler"
        where = f"to `{host}`, {why}" if host else _NOWHERE
        of = host if why == _UNDESCRIBED else ""
        if known:
            yield of, f"{quoted(c.name for c in known)} may open {at_most(known)} {where}"
        if unknown and host.lower() not in foreign:
            yield of, f"{quoted(unknown)}: an unknown number of connections {where}"


def _beyond(topology: Topology, asleep: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield what poolers open to where nothing is described, with the host where it is one."""
    onward = {client.span for one in topology.poolers for client in one.clients}
    for one in topology.poolers:
        if one.server is None and any(client.span not in onward for client in one.opens):
            host, where = _leads(one, topology, asleep)
            count = at_most(one.opens)
            more = " or more" if one.beyond and not count.endswith("more") else ""
            yield host, f"`{one.pooler.name}` may open {count}{more} {where}"
            yield from (("", text) for text in one.beyond)
        elif one.server is None and not topology.servers:
            yield from (("", text) for text in one.beyond)
        unlimited = one.pooler.max_client_conn.basis is Basis.UNKNOWN  # no sum of its own tells it
        if one.opens and not one.clients and unlimited:
            asking = (text for text in one.missing if text not in one.beyond)
            yield from (("", f"{text}, at `{one.pooler.name}`") for text in asking)


def _leads(one: PoolerBudget, topology: Topology, asleep: Container[str]) -> tuple[str, str]:
    """Return where a pooler leads besides to servers: the host, if no file describes it, and how.

    A pooler that another leads to, or itself, is described, and leads to no server either.
    """
    beside = [p.server for p in topology.poolers if p.pooler is one.pooler and p.server]
    known = {host for server in beside for host in (server.name, *server.hosts)}
    hosts = [d.host for d in one.pooler.databases if d.host and d.host not in known]
    hosts = list(dict.fromkeys(hosts))
    poolers = {h for p in topology.poolers for h in (p.pooler.name, *p.pooler.hosts)}
    if not hosts:
        return "", _NOWHERE
    names = " and ".join(f"`{host}`" for host in hosts)
    if {one.pooler.name, *one.pooler.hosts}.issuperset(hosts):
        return "", "to itself"
    if poolers.issuperset(hosts):
        return "", f"to {names}, which leads to no server that is described"
    if all(host in asleep for host in hosts):
        return "", f"to {names}, which only a profile starts"
    return hosts[0] if len(hosts) == 1 else "", f"to {names}, {_UNDESCRIBED}"


# --- Autoscalers -----------------------------------------------------------------------------


def _apart(clients: list[Client], documents: Iterable[object]) -> Iterator[str]:
    """Yield the autoscalers that are in no environment with what they scale.

    They scale nothing that Compose runs, whatever that is called.
    """
    known = [c.workload for c in clients if c.workload and c.workload.platform != "compose"]
    fixed = {workload.name for workload in known if not workload.autoscaled}
    used = {f.origin.path for w in known for f in (w.replicas,) if isinstance(f.origin, Span)}
    for scaler in documents:
        if not isinstance(scaler, Manifest) or scaler.source.path in used:
            continue
        name = scaler.root.text("spec", "scaleTargetRef", "name")
        most = instances.most(scaler)
        if most and most.high and name in fixed and isinstance(most.origin, Span):
            at = f"{most.origin.path}:{most.origin.start.line}"
            yield f"up to {most.high} instances of `{name}`, for {at} is kept apart from it"


# --- Code that nothing runs ------------------------------------------------------------------


def _idle(every: Iterable[Pool], joined: set[Span]) -> Iterator[str]:
    """Yield the pools of the code that no container of any environment opens."""
    for pool in every:
        if pool.span not in joined:
            yield f"the pool in {pool.span.path}:{pool.span.start.line}{_size(pool)}, {_NOBODY}"


def _without_pools(code: Code, loading: Iterable[tuple[Loading, frozenset[str]]]) -> Iterator[str]:
    """Yield what loads modules that talk to PostgreSQL, and those that nothing is known to load."""
    loaded: set[str] = set()
    untold: dict[str, dict[str, None]] = {}
    for one, paths in loading:
        loaded |= paths
        if not one.told:
            titles = _titles(module for module in code.modules if module.path in paths)
            untold.setdefault(titles, {})[one.name] = None
    for titles, names in untold.items():
        verb = "opens" if len(names) == 1 else "open"
        yield f"what {quoted(names)} {verb} with {titles}, and where, is not known"
    rest = [module for module in code.modules if module.drivers and module.path not in loaded]
    if rest:
        yield f"what the code opens with {_titles(rest)}, {_NOBODY}"


def _titles(modules: Iterable[Module]) -> str:
    """Return the drivers of modules in words."""
    known = drivers().drivers
    used = {driver for module in modules for driver in module.drivers}
    return quoted(sorted(known[d].title if d in known else d for d in used))


def _size(pool: Pool) -> str:
    most = pool_sizes.size(pool, {}).most
    if most is None or most.high is None:
        return ""
    return f", up to {most.high} connections a process"
