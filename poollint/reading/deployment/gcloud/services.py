"""What commands of `gcloud` deploy to Google Cloud, and the instances of Cloud SQL that they make.

What one file deploys runs together, with the instances that it makes or connects with, whichever
file makes these. An update changes what the same file has deployed, or else is a deployment of
which less is known.

Sources: cloud.google.com/run/docs/configuring/max-instances (100 where nothing is stated),
about-concurrency (requests that an instance has at once);
cloud.google.com/sdk/gcloud/reference/sql/instances/create (MySQL where no version is stated),
sql/docs/postgres/flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.catalog import plans
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.gcloud import calls, functions, options, renewals
from poollint.reading.deployment.gcloud.calls import Call
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.environments import Around, Environment, Operated
from poollint.reading.deployment.terraform import google

PLATFORM = functions.PLATFORM
_SERVICE = "cloud run service"
_MEMORY = re.compile(r"(\d{1,7})(?:\.0)?(MB|MIB|M|GB|GIB|G)?", re.I)


def environments(around: Around) -> Iterator[Environment]:
    """Yield what each file deploys and makes, with the instances of others that it names."""
    files = {path: tuple(found) for path, found in renewals.files(around.documents)}
    made = {path: _instances(found, path) for path, found in files.items()}
    every = [one for found in made.values() for one in found]
    taken = set[str]()
    for path, found in files.items():
        scope = below(path, around.top)
        services = (
            *_services(found, path, around),
            *functions.placed(found, scope, around),
            *functions.jobs(found, scope, around),
        )
        if not services:
            continue
        named = {name for one in found for name in options.named(one)}
        servers = {what.name: (at, what) for at, what in every if what.name in named}
        servers |= {what.name: (at, what) for at, what in made[path]}
        taken |= set(servers)
        yield Environment(scope, path, services, operated=tuple(servers.values()))
    for path, instances in made.items():
        rest = tuple((at, what) for at, what in instances if what.name not in taken)
        if rest:
            yield Environment(below(path, around.top), path, (), operated=rest)


# --- Cloud Run -------------------------------------------------------------------------------


def _services(found: Iterable[Call], path: str, around: Around) -> Iterator[Placed]:
    telling = (options.SETS, options.ADDS, *options.CONNECTS)
    for one in options.merged(found, calls.DEPLOY, calls.UPDATE):
        if one.kind == calls.DEPLOY or any(one.last(option) for option in telling):
            placed = hosting.placed(_service(one, around), below(path, around.top), around.options)
            only = renewals.named(one) if renewals.is_only_that(one) else ""
            yield replace(_at_once(placed, one), renews=only)


def _service(one: Call, around: Around) -> hosting.Service:
    most = options.figure(one.last("--max-instances", "--max"), "replicas", "--max-instances")
    least = options.figure(one.last("--min-instances", "--min"), "replicas", "--min-instances")
    replicas = most or Figure.defaulted(
        google.MAXIMUM, "replicas", "Cloud Run default: 100 instances"
    )
    return hosting.Service(
        name=options.name(one, _SERVICE),
        span=one.name.span,
        platform=PLATFORM,
        kind=_SERVICE,
        replicas=replicas,
        sketches=(options.sketch(one, _SERVICE, around),),
        surge=google.revisions(replicas),
        floor=least or Figure.defaulted(0, "replicas", "Cloud Run default: none kept"),
        autoscaled=True,
        needs=tuple(dict.fromkeys(options.connected(one))),
        sources={one.source.path: one.source},
    )


def _at_once(placed: Placed, one: Call) -> Placed:
    """Return a service whose instances have no more requests at once than they are told."""
    most = options.figure(one.last("--concurrency"), "requests at once", "--concurrency")
    if most is None or most.basis is Basis.UNKNOWN:
        return placed

    def bounded(process: Process | None) -> Process | None:
        if process is None or process.role != "web" or not process.tool:
            return process
        threads = process.threads
        less = threads is None or threads.high is None or threads.high > most.low
        return replace(process, threads=most) if less else process

    return placed.of(
        replace(u, container=replace(u.container, process=bounded(u.container.process)))
        for u in placed.units
    )


# --- Cloud SQL -------------------------------------------------------------------------------


def _instances(found: Iterable[Call], path: str) -> tuple[Operated, ...]:
    """Return the instances of PostgreSQL that commands make; those that only read are left out."""
    made = []
    for one in options.merged(found, calls.CREATE, calls.PATCH):
        version = options.text_of(one.last("--database-version"))
        copy = one.last("--master-instance-name") is not None
        if one.kind == calls.CREATE and version.startswith("POSTGRES") and not copy:
            name = one.name.text
            database = hosting.Database(
                name=name,
                span=one.name.span,
                hosts=(f"*:*:{name}".lower(), name),
                max_connections=_limit(one),
                version=version.removeprefix("POSTGRES_").replace("_", "."),
                cores=_cores(one),
            )
            made.append(hosting.server(database, PLATFORM, path))
    return tuple(made)


def _limit(one: Call) -> Figure:
    flags = one.last("--database-flags")
    for pair in options.listed(options.text_of(flags)):
        name, _, text = pair.partition("=")
        if flags and name.strip() == "max_connections":
            part = replace(flags, text=text.strip())
            stated = options.figure(part, "max_connections", "--database-flags")
            return stated or hosting.unstated("max_connections", flags.span, "--database-flags")
    tier = one.last("--tier")
    name = tier.text if tier else _custom(one)
    span = tier.span if tier else one.name.span
    taken = plans.cloud_sql(name)
    if taken is None:
        return hosting.unstated("max_connections", span, f"what {name or 'it'} takes is not known")
    return Figure(taken, taken, "max_connections", Basis.ASSUMED, span, f"Cloud SQL: {name}")


def _custom(one: Call) -> str:
    """Return the machine type that `--cpu` and `--memory` make, "" without both."""
    cores, memory = (
        options.text_of(one.last("--cpu")),
        _MEMORY.fullmatch(options.text_of(one.last("--memory"))),
    )
    if not cores.isdecimal() or memory is None:
        return ""
    whole = int(memory[1]) * (1 if (memory[2] or "G").upper().startswith("M") else 1024)
    return f"db-custom-{cores[:4]}-{whole}"


def _cores(one: Call) -> Figure | None:
    name = options.text_of(one.last("--tier")) or _custom(one)
    cores = plans.cloud_sql_cores(name)
    part = one.last("--tier", "--cpu")
    return Figure(cores, cores, "cores", Basis.DERIVED, part.span, name) if cores and part else None
