"""What Terraform's expressions come to, as far as the files of the tree tell.

Constants, variables with a default or a value in a `.tfvars` file, locals, inputs of modules,
operators and a few functions. Everything else stays a text `${…}` that is marked as unknown: it
never becomes a number.

Source: hashicorp/terraform, docs/language/expressions and functions; a number keeps the place
of the constant it comes from, not of the name that stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform import comprehensions
from poollint.reading.deployment.terraform.functions import FUNCTIONS, SET
from poollint.reading.deployment.terraform.scalars import (
    UNKNOWN,
    WHOLE,
    is_endless,
    is_unknown,
    operated,
    rest,
    truth,
    unknown,
    written,
)
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Item, Node, Scalar, Sequence

MAX_DEPTH = 40
_END = "END_OF_THE_TEMPLATE"

# Gives what a name and its first steps stand for, and how many steps that took; None: unknown.
Names = Callable[[tuple[str, ...]], tuple[Node, int] | None]


@dataclass(frozen=True, slots=True)
class Values:
    """Evaluation in one module.

    names  what names stand for there
    local  what `count.index` and `each.value` stand for
    text   the file of the tree at a path that the code names, None where none is
    """

    names: Names
    local: Mapping[str, Node] = field(default_factory=dict)
    text: Callable[[str], SourceFile | None] = field(default=lambda path: None)

    def of(self, expression: hcl.Expression | None, depth: int = 0) -> Node | None:
        """Return what an expression comes to, None where there is none."""
        if expression is None:
            return None
        if depth > MAX_DEPTH:
            return unknown("…", expression.span)
        match expression:
            case hcl.Constant():
                style = '"' if expression.quoted else ""
                return Scalar(expression.text, style, "", expression.span)
            case hcl.Template():
                return self._template(expression, depth + 1)
            case hcl.Reference():
                return self._reference(expression, depth + 1)
            case hcl.Array():
                return self._array(expression, depth + 1)
            case hcl.Object():
                return self._object(expression, depth + 1)
            case hcl.Operation():
                return self._operation(expression, depth + 1)
            case hcl.Call():
                return self._call(expression, depth + 1)
            case hcl.For():
                return self._for(expression, depth + 1)
        return unknown(expression.text, expression.span)

    def body(self, body: hcl.Body, depth: int = 0) -> yaml.Mapping:
        """Return a block's content: attributes, and its blocks as lists of mappings."""
        items: list[Item] = []
        for attribute in body.attributes:
            value = self.of(attribute.value)
            assert value is not None
            items.append(Item(Scalar(attribute.name, "", "", attribute.span), value))
        kinds = dict.fromkeys(block.kind for block in body.blocks)
        for kind in kinds if depth < MAX_DEPTH else ():
            blocks = list(body.of(kind))
            if kind == "dynamic":
                continue
            inner = tuple(self.body(block.body, depth + 1) for block in blocks)
            at = blocks[0].head
            items.append(Item(Scalar(kind, "", "", at), Sequence(inner, "", at)))
        if "dynamic" in kinds and depth < MAX_DEPTH:
            items = _beside(items, self._dynamic(list(body.of("dynamic")), depth))
        span = body.attributes[0].span if body.attributes else Span.at("")
        return yaml.Mapping(tuple(items), "", span)

    def _dynamic(self, blocks: list[hcl.Block], depth: int) -> list[Item]:
        """Return blocks that are made one for each element, unknown where these are."""
        items: list[Item] = []
        for label in dict.fromkeys(block.labels[0] for block in blocks if block.labels):
            made = [self._made(b, depth) for b in blocks if b.labels[:1] == (label,)]
            found: list[Node] = [node for nodes in made for node in nodes or ()]
            at = next(b.head for b in blocks if b.labels[:1] == (label,))
            value: Node = unknown("dynamic", at)
            if found or None not in made:
                more = (rest(value),) if None in made else ()
                value = Sequence((*found, *more), "", at)
            items.append(Item(Scalar(label, "", "", at), value))
        return items

    def _made(self, block: hcl.Block, depth: int) -> list[Node] | None:
        """Return the blocks that one `dynamic` makes, None where its elements are not known."""
        each = self.of(block.body.get("for_each"))
        pairs = _numbered(elements(each), each)
        content = next(block.body.of("content"), None)
        if pairs is None or content is None:
            return None
        named = block.body.get("iterator")
        name = ".".join(str(s) for s in named.steps) if isinstance(named, hcl.Reference) else ""
        name = name or (named.text if isinstance(named, hcl.Constant) else block.labels[0])
        return [
            Values(self.names, {**self.local, name: pair}, self.text).body(content.body, depth + 1)
            for pair in pairs
        ]

    # --- Expressions ---

    def _template(self, template: hcl.Template, depth: int) -> Node:
        values = [self.of(part, depth) for part in template.parts]
        if len(values) == 1 and values[0] is not None and not template.block:
            return values[0]
        texts = ["" if value is None else written(value) for value in values]
        doubt = UNKNOWN if any(is_unknown(value) for value in values) else ""
        text = "".join(texts)
        return Scalar(text, "|" if template.block else '"', doubt, template.span)

    def _reference(self, reference: hcl.Reference, depth: int) -> Node:
        steps: list[str] = []
        for step in reference.steps:
            if isinstance(step, str):
                steps.append(step)
                continue
            value = self.of(step, depth)
            if not isinstance(value, Scalar) or is_unknown(value):
                return unknown(reference.text, reference.span)
            steps.append(value.text)
        if steps[0] in self.local:
            return _descend(self.local[steps[0]], steps[1:]) or _unknown(reference)
        found = self.names(tuple(steps))
        if found is None:
            return unknown(".".join(steps), reference.span)
        value, taken = found
        return _descend(value, steps[taken:]) or unknown(".".join(steps), reference.span)

    def _array(self, array: hcl.Array, depth: int) -> Node:
        items = (self.of(item, depth) for item in array.items)
        return Sequence(tuple(i for i in items if i is not None), "", array.span)

    def _object(self, object_: hcl.Object, depth: int) -> Node:
        items: list[Item] = []
        for key, value in object_.pairs:
            name, found = self.of(key, depth), self.of(value, depth)
            if isinstance(name, Scalar) and found is not None:
                items.append(Item(replace(name, span=key.span), found))
        return yaml.Mapping(tuple(items), "", object_.span)

    def _operation(self, operation: hcl.Operation, depth: int) -> Node:
        operator, span = operation.operator, operation.span
        if operator == "?":
            chosen = truth(self.of(operation.operands[0], depth))
            if chosen is None:
                return unknown(operation.text, span)
            value = self.of(operation.operands[1 if chosen else 2], depth)
            return value or unknown(operation.text, span)
        values = [self.of(operand, depth) for operand in operation.operands]
        found = operated(operator, values)
        return unknown(operation.text, span) if found is None else Scalar(found, "", "", span)

    def _for(self, for_: hcl.For, depth: int) -> Node:
        def within(expression: hcl.Expression, local: dict[str, Node]) -> Node | None:
            return Values(self.names, {**self.local, **local}, self.text).of(expression, depth)

        return comprehensions.made(for_, self.of(for_.each, depth), within)

    def _call(self, call: hcl.Call, depth: int) -> Node:
        arguments = [self.of(argument, depth) for argument in call.arguments]
        known = [argument for argument in arguments if argument is not None]
        if call.name in ("file", "templatefile"):
            return self._of_file(call, known, depth)
        function = FUNCTIONS.get(call.name)
        found = function(known, call.span) if function and known else None
        return found or unknown(call.text, call.span)

    def _of_file(self, call: hcl.Call, arguments: list[Node], depth: int) -> Node:
        """Return the text of a file of the tree, with what `templatefile` puts into it."""
        path = arguments[0] if arguments else None
        known = isinstance(path, Scalar) and not is_unknown(path)
        source = self.text(path.text) if known and isinstance(path, Scalar) else None
        if source is None:
            return unknown(call.text, call.span)
        given = arguments[1] if len(arguments) > 1 else None
        if call.name == "file" or not isinstance(given, yaml.Mapping):
            return Scalar(source.text, WHOLE, "", Span.at(source.path))
        return rendered(source, given, depth)


def rendered(source: SourceFile, given: yaml.Mapping, depth: int = 0) -> Node:
    """Return a template with what it is given put in, line by line as in its file."""
    body = hcl.read(SourceFile(source.path, f"x = <<{_END}\n{source.text}\n{_END}\n"))
    template = body.get("x") if isinstance(body, hcl.Body) else None
    if template is None:
        return unknown(source.path, Span.at(source.path))
    local = {item.key.text: item.value for item in given.items}
    found = Values(lambda steps: None, local).of(template, depth)
    if not isinstance(found, Scalar):
        return unknown(source.path, Span.at(source.path))
    return replace(found, style=WHOLE, span=Span.at(source.path))


def _beside(written_: list[Item], made: list[Item]) -> list[Item]:
    """Return the blocks that are written with those that are made of the same kind behind them."""
    found = {item.key.text: item for item in written_}
    for item in made:
        before = found.get(item.key.text)
        if before and isinstance(before.value, Sequence) and isinstance(item.value, Sequence):
            both = (*before.value.items, *item.value.items)
            item = Item(before.key, replace(before.value, items=both))
        found[item.key.text] = item
    return list(found.values())


def elements(each: Node | None) -> list[yaml.Mapping] | None:
    """Return `key` and `value` of each element of a collection, None where they are not known."""
    pairs: list[tuple[Scalar, Node]] = []
    if isinstance(each, yaml.Mapping):
        pairs = [(item.key, item.value) for item in each.items]
    elif isinstance(each, Sequence):
        place = enumerate(each.items)
        pairs = [(n, n) if isinstance(n, Scalar) else (_index(at, n), n) for at, n in place]
    else:
        return None
    if any(is_unknown(key) for key, _ in pairs):
        return None
    return [
        yaml.Mapping(
            tuple(
                Item(Scalar(name, "", "", key.span), node)
                for name, node in (("key", key), ("value", value))
            ),
            "",
            key.span,
        )
        for key, value in pairs
    ]


def _numbered(pairs: list[yaml.Mapping] | None, each: Node | None) -> list[yaml.Mapping] | None:
    """Return the elements as a block takes them: the key of a list's is its index.

    Unless it is written as a set, only the type of a variable tells one from the other.
    """
    if pairs is None or not isinstance(each, Sequence) or each.tag == SET:
        return pairs
    key = unknown("key", each.span)
    return [
        replace(
            p, items=tuple(replace(i, value=key) if i.key.text == "key" else i for i in p.items)
        )
        for p in pairs
    ]


def _index(at: int, node: Node) -> Scalar:
    return Scalar(str(at), "", "", node.span)


def _unknown(reference: hcl.Reference) -> Scalar:
    return unknown(reference.text, reference.span)


def _descend(node: Node, steps: list[str]) -> Node | None:
    """Return what the steps lead to; None where they lead to nothing that is known."""
    for step in steps:
        if isinstance(node, yaml.Mapping):
            found = node.get(step)
        elif isinstance(node, Sequence) and step.isdecimal() and int(step[:6]) < len(node.items):
            at = int(step[:6])
            before = replace(node, items=node.items[: at + 1])
            found = None if is_endless(before) else node.items[at]
        else:
            return None
        if found is None:
            return None
        node = found
    return node
