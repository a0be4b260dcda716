"""The resources of one root module, and what their references to each other mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.linking.environments import Around
from poollint.reading.deployment.linking.reach import MADE
from poollint.reading.deployment.terraform import registry
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.scalars import UNKNOWN, is_unknown
from poollint.syntax import yaml
from poollint.syntax.yaml import Node, Scalar

PORT = 5432
_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.-]*)(?:\[(?:count\.index|each\.key)\](\.[\w.-]+))?\}")
# Attributes that hold the name of a database's host; of some the port as well.
_HOSTS = frozenset(
    ("address", "endpoint", "fqdn", "private_ip_address", "public_ip_address", "first_ip_address",
     "ip_address", "dns_name", "connection_name", "hostname", "host", "private_host")
)  # fmt: skip
_WITH_PORT = ".aws_db_instance."
_EXPRESSION = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
# Where images lie: the kind, what of it stands in the name of an image, what it is called by.
_REPOSITORIES = (
    ("aws_ecr_repository", frozenset(("repository_url",)), "name"),
    ("aws_ecr_repository", frozenset(("name",)), "name"),
    ("google_artifact_registry_repository", frozenset(("repository_id", "name")), "repository_id"),
)
_NAMES = ("name", "identifier", "family", "cluster_identifier", "id", "function_name", "secret_id")
# What a module that is not in the tree gives out, as its name tells.
_OUTPUT = re.compile(r"module\.(?P<name>[\w-]+)(?:\.\d+)?\.(?P<field>[\w.-]+)")
_HOST = re.compile(r"(?:^|_)(?:endpoint|address|host|hostname|fqdn|dns_name)$")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a root module makes.

    hosts  addresses of databases and poolers, each with its port
    lost   the names of modules that are not in the tree
    """

    resources: tuple[Resource, ...]
    scope: str
    around: Around
    hosts: dict[str, int]
    platform: str = "terraform"
    lost: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of some kinds."""
        return (resource for resource in self.resources if resource.kind in kinds)

    def referred(self, node: Node | None, *kinds: str) -> Resource | None:
        """Return the resource of one of the kinds to which a value refers, or that it names."""
        if not isinstance(node, Scalar):
            return None
        for match in _REFERENCE.finditer(node.text):
            for resource in self.of(*kinds):
                if _field(match[1], resource.address) is not None:
                    return resource
        if is_unknown(node):
            return None
        named = [r for r in self.of(*kinds) if node.text in _names(r)]
        return named[0] if len(named) == 1 else None

    def word(self, node: Node | None) -> Word | None:
        """Return a text with the hosts of databases put in; its value None where it is unknown."""
        if not isinstance(node, Scalar):
            return None
        if not is_unknown(node):
            return Word(node.text, Basis.STATED, node.span)
        text = self.resolved(node.text)
        whole = text.startswith("${") and text.endswith("}") and text.count("${") == 1
        basis = Basis.STATED if "${" in node.text else Basis.ASSUMED
        return Word(None if whole else text, basis, node.span)

    def resolved(self, text: str) -> str:
        """Return a text with the references to databases replaced by the names of their hosts."""

        def put_in(match: re.Match[str]) -> str:
            for home, port in self.hosts.items():
                field = _field(match[1] + (match[2] or ""), home)
                if field == "port":
                    return str(port)
                if field in _HOSTS:
                    with_port = field == "endpoint" and f".{home}".rfind(_WITH_PORT) >= 0
                    with_port &= not text.startswith(":", match.end())  # said once more behind it
                    return f"{host(home)}:{port}" if with_port else host(home)
            return self._given_out(match[1]) or match[0]

        return _REFERENCE.sub(put_in, text).replace("/cloudsql/", "")

    def image(self, node: Node | None) -> str:
        """Return the name of an image, with `_` for what is not known around it.

        A repository that the plan makes has its name; "" where the name itself is not known.
        """
        if not isinstance(node, Scalar):
            return ""
        if not is_unknown(node):
            return node.text

        def put_in(match: re.Match[str]) -> str:
            for kind, fields, key in _REPOSITORIES:
                for one in self.of(kind):
                    if _field(match[1], one.address) in fields:
                        name = one.body.text(key)
                        return f"_/{name}" if "repository_url" in fields else name
            return match[0]

        text = _EXPRESSION.sub("${_}", _REFERENCE.sub(put_in, node.text))
        path, slash, last = text.rpartition("/")
        named = last.partition(":")[0].partition("@")[0]
        return f"{path}{slash}{named}".replace("${_}", "_") if "$" not in named else ""

    def _given_out(self, reference: str) -> str:
        """Return the host, or the port, that a module gives out which is not in the tree."""
        output = _OUTPUT.fullmatch(reference)
        if output is None or output["name"] not in self.lost:
            return ""
        if output["field"].endswith("port"):
            return str(PORT)
        return host(f"{MADE}{output['name']}") if _HOST.search(output["field"]) else ""

    def variables(self, pairs: Iterable[tuple[str, Node | None]]) -> tuple[Variable, ...]:
        """Return environment variables, with the hosts of databases put in."""
        named = (pair for pair in pairs if not pair[0].startswith("${"))
        found = ((name, self.word(value) or value) for name, value in named)
        return hosting.variables(found)

    def figure(self, node: Node | None, name: str, hint: str = "") -> Figure | None:
        """Return the number of a field, unknown where it is not known, None where it is unset."""
        if isinstance(node, Scalar) and is_unknown(node):
            node = replace(node, text="?")
        found = hosting.stated(node, name, hint)
        found = registry.default(found) if found else None
        if found and isinstance(node, Scalar) and node.text == "?":
            return replace(found, hint=hint)
        return found


def host(address: str) -> str:
    """Return the name under which a database is reached, as the tree writes it."""
    return address.lower()


def _field(text: str, address: str) -> str | None:
    """Return what a reference takes of a resource, None where it means another one.

    The only copy of a resource goes by its name, with and without its number.
    """
    for known in (address, f"{address}.0", address.removesuffix(".0")):
        if text.startswith(f"{known}."):
            field = text[len(known) + 1 :].partition(".")[0]
            if not field.isdecimal():
                return field
    return "" if text == address else None


def _names(resource: Resource) -> set[str]:
    texts = {resource.body.text(key) for key in _NAMES}
    return {text for text in texts if text and UNKNOWN not in text}


def first(body: yaml.Mapping, *path: str) -> yaml.Mapping:
    """Return the mapping that nested blocks lead to: of several of one kind the first."""
    node = body
    for name in path:
        inner = node.get(name)
        if isinstance(inner, yaml.Mapping):
            node = inner
            continue
        blocks = node.mappings(name)
        if not blocks:
            return yaml.Mapping((), "", body.span)
        node = blocks[0]
    return node


def blocks(body: yaml.Mapping, *path: str) -> tuple[yaml.Mapping, ...]:
    """Return the blocks of the last name of a path."""
    return first(body, *path[:-1]).mappings(path[-1])
