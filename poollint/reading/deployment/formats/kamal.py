"""Kamal's `config/deploy.yml`: one container of each role on each of its hosts.

Source: basecamp/kamal, lib/kamal/configuration/docs/*.yml, configuration.rb (a destination's file,
`deploy.staging.yml`, is laid over the others') and cli/app/boot.rb: the new container is started
before the old one is stopped, on `boot.limit` hosts at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import dirname, join, normpath

from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Address, Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.screening import Root
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

NAME = "Kamal"
_PATH = re.compile(r"(?P<home>(?:.*/)?)config/deploy(?P<destination>\.[\w-]+)?\.ya?ml")
_FILLED = re.compile(r"<%|\$\{")  # ERB, which Kamal runs


def _claims(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def _suits(root: Mapping, path: str) -> bool:
    match = _PATH.fullmatch(path)
    if match is None or root.get("apiVersion"):
        return False
    if match["destination"]:
        return any(root.get(key) is not None for key in ("servers", "accessories", "env"))
    return all(isinstance(root.get(key), Scalar) for key in ("service", "image"))


def _read(manifest: Manifest, around: Around) -> Environment | None:
    path = manifest.source.path
    root, files = _laid(manifest, around)
    if root.get("service") is None or root.get("servers") is None:
        return None
    sources = {one.source.path: one.source for one in files}
    services = (*_roles(root, path, around), *_accessories(root))
    scope = below(path, around.top)
    placed = (
        hosting.placed(replace(service, sources=sources), scope, around.options)
        for service in services
    )
    return Environment(scope, path, tuple(placed))


_ROOT = Root(keys=("service", "servers", "accessories", "env"), claims=_claims)
FORMAT = Format(NAME, _ROOT, _suits, _read)


def _laid(manifest: Manifest, around: Around) -> tuple[Mapping, tuple[Manifest, ...]]:
    """Return what a file describes, a destination's laid over that of all, and these files."""
    match = _PATH.fullmatch(manifest.source.path)
    if match is None or not match["destination"]:
        return manifest.root, (manifest,)
    for other in around.documents:
        if isinstance(other, Manifest) and other.kind == NAME:
            base = _PATH.fullmatch(other.source.path)
            if base and base["home"] == match["home"] and not base["destination"]:
                return _over(manifest.root, other.root), (other, manifest)
    return manifest.root, (manifest,)


def _over(upper: Mapping, lower: Mapping) -> Mapping:
    """Return two mappings as one; only what both hold as mappings is put together."""
    items: dict[str, Item] = {item.key.text: item for item in lower.items}
    for item in upper.items:
        below_ = items.get(item.key.text)
        if below_ and isinstance(item.value, Mapping) and isinstance(below_.value, Mapping):
            item = Item(item.key, _over(item.value, below_.value))
        items[item.key.text] = item
    return Mapping(tuple(items.values()), upper.tag, upper.span)


def _roles(root: Mapping, path: str, around: Around) -> Iterator[hosting.Service]:
    """Yield the application's roles; a list of servers is that of `web`."""
    servers = root.get("servers")
    if isinstance(servers, Sequence):
        yield _role("web", servers, servers, root, path, around)
    for item in servers.items if isinstance(servers, Mapping) else ():
        yield _role(item.key.text, item.key, item.value, root, path, around)


def _role(
    name: str, at: Node, role: Node, root: Mapping, path: str, around: Around
) -> hosting.Service:
    home = normpath(join(dirname(dirname(path)), root.text("builder", "context") or "."))
    file = normpath(join(home, root.text("builder", "dockerfile") or "Dockerfile"))
    hosts = role.get("hosts") if isinstance(role, Mapping) else role
    own = role.get("env") if isinstance(role, Mapping) else None
    replicas = _count(hosts, at)
    sketch = Sketch(
        name=name,
        span=at.span,
        image="",
        variables=hosting.variables((*_variables(root.get("env")), *_variables(own))),
        arguments=hosting.parts(role.get("cmd")) if isinstance(role, Mapping) else None,
        build=home,
        file=around.images.at(file, root.text("builder", "target")),
    )
    return hosting.Service(
        name=name,
        span=at.span,
        platform="kamal",
        kind="role",
        replicas=replicas,
        sketches=(sketch,),
        surge=_surge(root, replicas, at),
    )


def _count(hosts: Node | None, at: Node) -> Figure:
    """Return how many hosts there are; a text among them that ERB fills in may be several."""
    if not isinstance(hosts, Sequence) or any(
        _FILLED.search(host.text) for host in hosts.items if isinstance(host, Scalar)
    ):
        return unknown("replicas", at.span, "hosts")
    count = len(hosts.items)
    return Figure(count, count, "replicas", Basis.STATED, hosts.span, "hosts")


def _surge(root: Mapping, replicas: Figure, at: Node) -> Figure | None:
    """Return how many new containers run at once beside those that they replace."""
    limit = hosting.stated(root.get("boot", "limit"), "surge", "boot.limit")
    most = replicas.high
    if limit and limit.high and most is not None:
        most = min(limit.high, most)
    if not most:
        return None
    return Figure(
        1, most, "surge", Basis.DERIVED, at.span, "the new one starts before the old ends"
    )


def _accessories(root: Mapping) -> Iterator[hosting.Service]:
    """Yield what runs besides the application: its container is called after the service."""
    for item in root.mapping("accessories").items:
        body = item.value
        if not isinstance(body, Mapping):
            continue
        name = item.key.text
        hosts = (body.get("host"), *body.sequence("hosts"))
        sketch = Sketch(
            name=name,
            span=item.key.span,
            image=body.text("image"),
            variables=hosting.variables(_variables(body.get("env"))),
            arguments=hosting.parts(body.get("cmd")),
        )
        yield hosting.Service(
            name=name,
            span=item.key.span,
            platform="kamal",
            kind="accessory",
            replicas=Figure.defaulted(1, "replicas", "Kamal: one on each of its hosts"),
            sketches=(sketch,),
            addresses=(
                Address(body.text("service") or f"{root.text('service')}-{name}"),
                *(Address(host.text) for host in hosts if isinstance(host, Scalar)),
            ),
        )


def _variables(env: Node | None) -> Iterator[tuple[str, Node | None]]:
    """Yield what is `clear`, and what is `secret`, whose value no file holds."""
    if not isinstance(env, Mapping):
        return
    clear = env.get("clear")
    parted = clear is not None or env.get("secret") is not None
    yield from hosting.of_mapping(env.mapping("clear") if parted else env)
    for name in env.sequence("secret"):
        if isinstance(name, Scalar):  # `NAME`, or `NAME:KEY` of the secrets
            yield name.text.partition(":")[0], Mapping((), "", name.span)
