"""What commands of `gcloud` deploy to Cloud Run, and the instances of Cloud SQL that they make.

What one file deploys runs together, with the instances that it makes or connects with, whichever
file makes these. An update changes what the same file has deployed, or else is a deployment of
which less is known.

Sources: cloud.google.com/run/docs/configuring/max-instances (100 where nothing is stated),
about-concurrency (requests that an instance has at once), services/environment-variables
(`--set-env-vars` replaces all there are); cloud.google.com/sdk/gcloud/reference/topic/escaping
(`^:^a=b:c=d`); cloud.google.com/sdk/gcloud/reference/sql/instances/create (MySQL where no version
is stated), sql/docs/postgres/flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.catalog import plans
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.gcloud import calls, renewals
from poollint.reading.deployment.gcloud.calls import UNKNOWN, Call
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Placed, Sketch
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.environments import Around, Environment, Operated
from poollint.reading.deployment.linking.variables import number, unknown
from poollint.reading.deployment.terraform import google

PLATFORM = "gcloud"
_CONNECTS = ("--add-cloudsql-instances", "--set-cloudsql-instances")
_SETS, _ADDS = "--set-env-vars", "--update-env-vars"
_NEXT = ""  # where the options of another command begin
_SECRETS = ("--set-secrets", "--update-secrets")
_ESCAPED = re.compile(r"\^(.{1,8}?)\^")
_CONNECTION = re.compile(r"([^:,\s/=]{1,100}):([^:,\s/=]{1,60}):([a-z][\w-]{0,97})")
_MEMORY = re.compile(r"(\d{1,7})(?:\.0)?(MB|MIB|M|GB|GIB|G)?", re.I)


def environments(around: Around) -> Iterator[Environment]:
    """Yield what each file deploys and makes, with the instances of others that it names."""
    files = {path: tuple(found) for path, found in renewals.files(around.documents)}
    made = {path: _instances(found, path) for path, found in files.items()}
    every = [one for found in made.values() for one in found]
    taken = set[str]()
    for path, found in files.items():
        services = tuple(_services(found, path, around))
        if not services:
            continue
        named = {name for one in found for name in _named(one)}
        servers = {what.name: (at, what) for at, what in every if what.name in named}
        servers |= {what.name: (at, what) for at, what in made[path]}
        taken |= set(servers)
        scope = below(path, around.top)
        yield Environment(scope, path, services, operated=tuple(servers.values()))
    for path, instances in made.items():
        rest = tuple((at, what) for at, what in instances if what.name not in taken)
        if rest:
            yield Environment(below(path, around.top), path, (), operated=rest)


def _merged(found: Iterable[Call], first: tuple[str, ...], later: tuple[str, ...]) -> list[Call]:
    """Return the commands of two kinds that speak of the same thing as one, in their order."""
    kept: dict[tuple[str, str, str], Call] = {}
    for one in found:
        if one.kind in (first, later):
            key = (one.name.text, _text(one.last("--project")), _text(one.last("--region")))
            before = kept.get(key)
            options = (*before.options, (_NEXT, one.name), *one.options) if before else ()
            kept[key] = replace(before, options=options) if before else one
    return list(kept.values())


def _text(part: Part | None) -> str:
    return part.text if part else ""


def _figure(part: Part | None, name: str, hint: str) -> Figure | None:
    """Return the number of an option, unknown where it holds none that is known."""
    if part is None or part.text == "default":
        return None
    found = number(Word(part.text, Basis.STATED, part.span), name, hint)
    return found or unknown(name, part.span, hint)


# --- Cloud Run -------------------------------------------------------------------------------


def _services(found: Iterable[Call], path: str, around: Around) -> Iterator[Placed]:
    for one in _merged(found, calls.DEPLOY, calls.UPDATE):
        if one.kind == calls.DEPLOY or any(one.last(o) for o in (_SETS, _ADDS, *_CONNECTS)):
            placed = hosting.placed(_service(one, around), below(path, around.top), around.options)
            only = renewals.named(one) if renewals.is_only_that(one) else ""
            yield replace(_at_once(placed, one), renews=only)


def _service(one: Call, around: Around) -> hosting.Service:
    most = _figure(one.last("--max-instances", "--max"), "replicas", "--max-instances")
    least = _figure(one.last("--min-instances", "--min"), "replicas", "--min-instances")
    replicas = most or Figure.defaulted(
        google.MAXIMUM, "replicas", "Cloud Run default: 100 instances"
    )
    return hosting.Service(
        name=_name(one),
        span=one.name.span,
        platform=PLATFORM,
        kind="cloud run service",
        replicas=replicas,
        sketches=(_sketch(one, around),),
        surge=google.revisions(replicas),
        floor=least or Figure.defaulted(0, "replicas", "Cloud Run default: none kept"),
        autoscaled=True,
        needs=tuple(dict.fromkeys(_connected(one))),
        sources={one.source.path: one.source},
    )


def _name(one: Call) -> str:
    known = one.name.text.replace(UNKNOWN, "").strip("-_")
    return known or "cloud run service"


def _sketch(one: Call, around: Around) -> Sketch:
    image, build, file = renewals.made_of(one, around)
    return Sketch(
        name=_name(one),
        span=one.name.span,
        image=image.replace(UNKNOWN, "_"),
        variables=hosting.variables(_variables(one)),
        entrypoint=_words(one.last("--command")),
        arguments=_words(one.last("--args")),
        build=build,
        file=file,
        complete=one.last(_SETS) is not None and one.last("--env-vars-file") is None,
    )


def _words(part: Part | None) -> tuple[Part, ...] | None:
    if part is None or not part.text:
        return None
    return tuple(replace(part, text=text) for text in _listed(part.text))


def _variables(one: Call) -> Iterator[tuple[str, Word]]:
    """Yield the variables that a service has; of one that is told later only that.

    What one command sets replaces all that others did; given again, it adds to that.
    """
    found: dict[str, Word] = {}
    fresh = True
    for option, part in one.options:
        fresh = fresh or option == _NEXT
        if option == _SETS and fresh:
            found, fresh = {}, False
        if option in (_SETS, _ADDS, *_SECRETS):
            for pair in _listed(part.text):
                name, equals, text = pair.partition("=")
                if equals and name:
                    known = None if option in _SECRETS else _value(text)
                    found[name.strip()] = Word(known, Basis.STATED, part.span)
    yield from found.items()


def _value(text: str) -> str | None:
    """Return a value; of an address, or a connection name, the parts that are known."""
    named = _CONNECTION.sub(_connection, text) if UNKNOWN in text else text
    return named if UNKNOWN not in named or "://" in named else None


def _connection(match: re.Match[str]) -> str:
    """Return a connection name with a stand-in for the project, or the region, not known."""
    project, region, name = match.groups()
    project = "project-not-known" if UNKNOWN in project else project
    region = "region-unknown1" if UNKNOWN in region else region
    return f"{project}:{region}:{name}"


def _listed(text: str) -> list[str]:
    """Return what a list holds: with commas between, or what it says itself."""
    escaped = _ESCAPED.match(text)
    if escaped:
        return text[escaped.end() :].split(escaped[1])
    return text.split(",")


def _connected(one: Call) -> Iterator[str]:
    """Yield the connection names of the instances that a service is connected with."""
    for option in _CONNECTS:
        for text in _listed(_text(one.last(option))):
            yield from cloud_sql.listed(_value(text) or "")


def _named(one: Call) -> Iterator[str]:
    """Yield the names of the instances that a command speaks of."""
    for _, part in one.options:
        yield from (match[3] for match in _CONNECTION.finditer(part.text))


def _at_once(placed: Placed, one: Call) -> Placed:
    """Return a service whose instances have no more requests at once than they are told."""
    most = _figure(one.last("--concurrency"), "requests at once", "--concurrency")
    if most is None or most.basis is Basis.UNKNOWN:
        return placed

    def bounded(process: Process | None) -> Process | None:
        if process is None or process.role != "web" or not process.tool:
            return process
        threads = process.threads
        less = threads is None or threads.high is None or threads.high > most.low
        return replace(process, threads=most) if less else process

    units = tuple(
        replace(u, container=replace(u.container, process=bounded(u.container.process)))
        for u in placed.units
    )
    workload = replace(placed.workload, containers=tuple(u.container for u in units))
    return replace(placed, workload=workload, units=units)


# --- Cloud SQL -------------------------------------------------------------------------------


def _instances(found: Iterable[Call], path: str) -> tuple[Operated, ...]:
    """Return the instances of PostgreSQL that commands make; those that only read are left out."""
    made = []
    for one in _merged(found, calls.CREATE, calls.PATCH):
        version = _text(one.last("--database-version"))
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
    for pair in _listed(_text(flags)):
        name, _, text = pair.partition("=")
        if flags and name.strip() == "max_connections":
            part = replace(flags, text=text.strip())
            stated = _figure(part, "max_connections", "--database-flags")
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
    cores, memory = _text(one.last("--cpu")), _MEMORY.fullmatch(_text(one.last("--memory")))
    if not cores.isdecimal() or memory is None:
        return ""
    whole = int(memory[1]) * (1 if (memory[2] or "G").upper().startswith("M") else 1024)
    return f"db-custom-{cores[:4]}-{whole}"


def _cores(one: Call) -> Figure | None:
    name = _text(one.last("--tier")) or _custom(one)
    cores = plans.cloud_sql_cores(name)
    part = one.last("--tier", "--cpu")
    return Figure(cores, cores, "cores", Basis.DERIVED, part.span, name) if cores and part else None
