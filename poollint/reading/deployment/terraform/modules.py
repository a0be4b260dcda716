"""Terraform's modules: what their variables hold, and which resources they make.

A folder is a module. One that no other calls is where people run `terraform apply`; each
`.tfvars` file that is not loaded by itself is an environment of its own.

Source: hashicorp/terraform, docs/language/values/variables, meta-arguments and modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import join, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform import registry
from poollint.reading.deployment.terraform.files import TerraformFile
from poollint.reading.deployment.terraform.scalars import WHOLE, decimal, is_unknown, unknown
from poollint.reading.deployment.terraform.values import Values, elements, rendered
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Node, Scalar, Sequence

MAX_COPIES = 50
MAX_NESTING = 6
_COUNT = re.compile(
    r"(?:^|_)(?:(?:desired|min|max|minimum|maximum)_(?:task_|instance_|replica_)?"
    r"(?:count|capacity|instances|replicas|tasks)|replicas|replica_count|instance_count)$"
)
_MODULE = re.compile(r"\bmodule\.([\w-]+)")
_NAMELESS = frozenset(("main", "this", "default", "service", "ecs_service", "function", "lambda"))
_OTHERS = frozenset(("path", "terraform", "data", "each", "count", "self"))


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is made: `address` tells it from all others of the root module.

    sure  it is known that it is made, and that it is made once
    """

    kind: str
    name: str
    address: str
    body: yaml.Mapping
    span: Span
    source: SourceFile
    sure: bool = True

    @property
    def title(self) -> str:
        """Return what it is called where it runs something.

        Of a module, whose own names often say nothing, that is the name it is given, or if that is
        not known the module's.
        """
        given = self.body.get("name") or self.body.get("function_name")
        if self.name not in _NAMELESS or not self.address.startswith("module."):
            return self.name
        if isinstance(given, Scalar) and given.text and not is_unknown(given):
            return given.text
        return ".".join(_MODULE.findall(self.address)) or self.name


@dataclass(frozen=True, slots=True)
class Lost:
    """A module that is called and is not in the tree: its source as written, and where that is.

    counts  how many instances it is told to run, by the names of its arguments
    """

    name: str
    source: str
    span: Span
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Module:
    """One module as it is called: `prefix` is where its resources' addresses begin.

    inputs  what files of values say of its variables
    given   what its caller writes for them, to be read there with `local`
    texts   files of the tree by path; `top` is the folder in which it is applied
    call    the block that calls it, where a description stands in for what is not in the tree
    lost    modules that are called and are not in the tree
    """

    folder: str
    folders: Mapping[str, tuple[TerraformFile, ...]]
    inputs: Mapping[str, Node]
    prefix: str = ""
    depth: int = 0
    notes: list[str] = field(default_factory=list)
    texts: Mapping[str, SourceFile] = field(default_factory=dict)
    top: str = ""
    given: Mapping[str, hcl.Expression] = field(default_factory=dict)
    caller: Module | None = None
    local: Mapping[str, Node] = field(default_factory=dict)
    call: hcl.Block | None = None
    lost: list[Lost] = field(default_factory=list)
    _busy: set[str] = field(default_factory=set)
    _locals: dict[str, Node] = field(default_factory=dict)
    _children: dict[str, list[Module]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[TerraformFile, ...]:
        """Return the files of the module, without those that only give values."""
        return tuple(f for f in self.folders.get(self.folder, ()) if not f.gives_values)

    def _blocks(self, kind: str) -> Iterator[tuple[TerraformFile, hcl.Block]]:
        for file in self.files:
            for block in file.body.of(kind):
                yield file, block

    def _values(self, local: Mapping[str, Node] | None = None) -> Values:
        return Values(self.names, local or {}, self._text)

    def _text(self, path: str) -> SourceFile | None:
        """Return a file that the code names: from the folder that is applied, or its own."""
        inside = path.startswith("/")
        return self.texts.get(normpath(path.lstrip("/") if inside else join(self.top, path)))

    def _template(self, name: str) -> tuple[Node, int] | None:
        """Return what a `template_file` makes of its template."""
        for _, block in self._blocks("data"):
            if block.labels != ("template_file", name):
                continue
            text = self._values().of(block.body.get("template"))
            given = self._values().of(block.body.get("vars"))
            source = self.texts.get(text.span.path) if isinstance(text, Scalar) else None
            whole = isinstance(text, Scalar) and text.style == WHOLE
            if whole and source and isinstance(given, yaml.Mapping):
                return rendered(source, given), 4
        return None

    # --- Names ---

    def names(self, steps: tuple[str, ...]) -> tuple[Node, int] | None:
        """Return what a name stands for here, and how many steps of it that takes."""
        if steps[:2] == ("path", "module"):
            return Scalar(f"/{self.folder}", '"', "", Span.at(self.folder)), 2
        if steps[:2] == ("data", "template_file") and len(steps) == 4:
            return self._template(steps[2])
        if steps[0] == "data" and len(steps) == 4:  # what it is asked by, it has
            asked = self._attribute(steps[1:], "data")
            return (asked, 4) if asked is not None and not is_unknown(asked) else None
        if len(steps) < 2 or steps[0] in _OTHERS:
            return None
        match steps[0]:
            case "var":
                found = self.variable(steps[1])
                return (found, 2) if found is not None else None
            case "local":
                found = self._local(steps[1])
                return (found, 2) if found is not None else None
            case "module":
                return self._output(steps)
        known = self._attribute(steps)
        if known is not None:
            return known, len(steps)
        place = Span.at(self.folder)
        text = ".".join((*self.prefix.split(".")[:-1], *steps))
        return unknown(text, place), len(steps)

    def variable(self, name: str) -> Node | None:
        """Return what a variable holds: what it is given, else its default."""
        if name in self.given and self.caller:
            return self._input(name)
        if name in self.inputs:
            return self.inputs[name]
        for _, block in self._blocks("variable"):
            if block.labels == (name,):
                return Values(lambda steps: None).of(block.body.get("default"))
        return None

    def _input(self, name: str) -> Node | None:
        """Return what the caller gives a variable; None where that depends on itself."""
        assert self.caller is not None
        key = f"var {name}"
        if key in self._busy:
            return None
        self._busy.add(key)
        found = self.caller._values(self.local).of(self.given[name])
        self._busy.discard(key)
        return found

    def _local(self, name: str) -> Node | None:
        if name in self._locals:
            return self._locals[name]
        if name in self._busy:
            return None
        self._busy.add(name)
        for _, block in self._blocks("locals"):
            expression = block.body.get(name)
            if expression is not None:
                value = self._values().of(expression)
                if value is not None:
                    self._locals[name] = value
        self._busy.discard(name)
        return self._locals.get(name)

    def _attribute(self, steps: tuple[str, ...], kind: str = "resource") -> Node | None:
        """Return what a resource's own block says of an attribute, None where it does not."""
        address = ".".join((kind, *steps))
        if len(steps) < 3 or address in self._busy:
            return None
        self._busy.add(address)
        found: Node | None = None
        for _, block in self._blocks(kind):
            alone = block.body.get("count") is None and block.body.get("for_each") is None
            if block.labels == steps[:2] and alone:
                found = self._inside(block.body, steps[2:])
        self._busy.discard(address)
        whole = isinstance(found, Scalar) and found.text.startswith("${") and is_unknown(found)
        return found if isinstance(found, Scalar) and not whole else None

    def _inside(self, body: hcl.Body, steps: tuple[str, ...]) -> Node | None:
        if len(steps) == 1:
            return self._values().of(body.get(steps[0]))
        blocks = list(body.of(steps[0]))
        if len(blocks) == 1 and len(steps) > 2 and steps[1] == "0":
            return self._inside(blocks[0].body, steps[2:])
        return None

    def _output(self, steps: tuple[str, ...]) -> tuple[Node, int] | None:
        """Return what a called module gives; by its address where it is made of a resource."""
        children = self.children(steps[1])
        at = 3 if len(steps) > 3 and steps[2].isdecimal() else 2
        if len(children) != 1 or len(steps) <= at:
            return None
        child, name = children[0], steps[at]
        if f"output {name}" in child._busy:
            return None
        child._busy.add(f"output {name}")
        found = None
        for _, block in child._blocks("output"):
            if block.labels == (name,):
                found = child._values().of(block.body.get("value"))
        child._busy.discard(f"output {name}")
        return (found, at + 1) if found is not None else None

    # --- Resources and called modules ---

    def resources(self) -> Iterator[Resource]:
        """Yield the resources of the module and of those it calls."""
        for file, block in self._blocks("resource"):
            if len(block.labels) == 2:
                yield from self._made(file, block)
        for _, block in self._blocks("module"):
            for child in self.children(block.labels[0]) if block.labels else ():
                yield from child.resources()

    def _made(self, file: TerraformFile, block: hcl.Block) -> Iterator[Resource]:
        kind, name = block.labels
        for suffix, local, sure in self._copies(block.body):
            body = self._values(local).body(block.body)
            yield Resource(
                kind,
                self._name(name) + suffix.replace(".", "-"),
                f"{self.prefix}{kind}.{name}{suffix}",
                registry.placed(body, self.call.head) if self.call else body,
                self.call.head if self.call else block.head,
                file.source,
                sure,
            )

    def _name(self, name: str) -> str:
        """Return what a resource is called: one that a description makes, after its call."""
        if self.call is None:
            return name
        return "-".join(p for p in self.prefix.split(".") if p and p != "module")

    def _copies(self, body: hcl.Body) -> Iterator[tuple[str, dict[str, Node], bool]]:
        """Yield for each copy of a block the end of its address, and what only it knows."""
        values = self._values()
        count, each = values.of(body.get("count")), values.of(body.get("for_each"))
        if count is not None:
            number = decimal(count)
            if number is None or number > MAX_COPIES:
                yield "", {}, False
                return
            for index in range(int(number)):
                at = Scalar(str(index), "", "", count.span)
                own = yaml.Mapping((yaml.Item(Scalar("index", "", "", at.span), at),), "", at.span)
                yield (f".{index}" if number > 1 else ""), {"count": own}, True
        elif each is not None:
            yield from _for_each(each)
        else:
            yield "", {}, True

    def children(self, name: str) -> list[Module]:
        """Return the modules that one call makes; what it gives them is worked out when asked."""
        if name not in self._children:
            self._children[name] = []
            for _, block in self._blocks("module"):
                if block.labels == (name,) and self.depth < MAX_NESTING:
                    self._children[name] = list(self._called(block))
        return self._children[name]

    def _called(self, block: hcl.Block) -> Iterator[Module]:
        name = block.labels[0]
        source = self._values().of(block.body.get("source"))
        path = source.text if isinstance(source, Scalar) else ""
        folder, folders, call = normpath(join(self.folder, path)), self.folders, self.call
        folder = "" if folder == "." else folder
        if self.call or not path.startswith("."):
            folder = path if self.call else registry.address(path)
            folders = registry.files(folder)
            call = self.call or block
        if folder not in folders:
            self.notes.append(f"module `{name}` ({path or 'unknown'}) is not in the tree")
            self.lost.append(Lost(name, path, block.head, tuple(self._counts(block))))
            return
        if call is block:
            self.notes.append(f"module `{name}` is taken to make what `{folder}` is described to")
        given = {attribute.name: attribute.value for attribute in block.body.attributes}
        for suffix, local, sure in self._copies(block.body):
            if not sure:
                self.notes.append(f"how often module `{name}` is used is not known: taken as once")
            yield Module(
                folder, folders, {}, f"{self.prefix}module.{name}{suffix}.", self.depth + 1,
                self.notes, self.texts, self.top, given, self, local, call, self.lost,
            )  # fmt: skip

    def _counts(self, block: hcl.Block) -> Iterator[tuple[str, int]]:
        """Yield the numbers of instances that a call gives, by the names of its arguments."""
        for attribute in block.body.attributes:
            if _COUNT.search(attribute.name):
                number = decimal(self._values().of(attribute.value))
                if number is not None and number == int(number):
                    yield attribute.name, int(number)


def _for_each(each: Node) -> Iterator[tuple[str, dict[str, Node], bool]]:
    pairs = elements(each)
    lists = isinstance(each, Sequence) and not all(isinstance(n, Scalar) for n in each.items)
    if pairs is None or lists or len(pairs) > MAX_COPIES:
        yield "", {}, False
        return
    for pair in pairs:
        yield f".{pair.text('key')}", {"each": pair}, True
