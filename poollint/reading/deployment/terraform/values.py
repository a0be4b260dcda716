"""What Terraform's expressions come to, as far as the files of the tree tell.

Constants, variables with a default or a value in a `.tfvars` file, locals, inputs of modules,
operators and a few functions. Everything else stays a text `${…}` that is marked as unknown: it
never becomes a number.

Source: hashicorp/terraform, docs/language/expressions and functions; a number keeps the place
of the constant it comes from, not of the name that stands for it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from poollint.model.source import SourceFile, Span
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Item, Node, Scalar, Sequence

UNKNOWN = "!unknown"
WHOLE = ">"  # the style of a text that is a whole file
MAX_DEPTH = 40
_END = "END_OF_THE_TEMPLATE"
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")

# Gives what a name and its first steps stand for, and how many steps that took; None: unknown.
Names = Callable[[tuple[str, ...]], tuple[Node, int] | None]
Function = Callable[[list[Node], Span], Node | None]


def unknown(text: str, span: Span) -> Scalar:
    """Return a value that is not known: the expression as written, between `${` and `}`."""
    return Scalar(f"${{{text}}}", "", UNKNOWN, span)


def is_unknown(node: Node | None) -> bool:
    """Tell whether a value, or a part of a text, is not known."""
    return isinstance(node, Scalar) and node.tag == UNKNOWN


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
                items += self._dynamic(blocks)
                continue
            inner = tuple(self.body(block.body, depth + 1) for block in blocks)
            at = blocks[0].head
            items.append(Item(Scalar(kind, "", "", at), Sequence(inner, "", at)))
        span = body.attributes[0].span if body.attributes else Span.at("")
        return yaml.Mapping(tuple(items), "", span)

    def _dynamic(self, blocks: list[hcl.Block]) -> list[Item]:
        """Return blocks that are made one for each element: which these are is not known."""
        return [
            Item(Scalar(block.labels[0], "", "", block.head), unknown("dynamic", block.head))
            for block in blocks
            if block.labels
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
        found = _operated(operator, values)
        return unknown(operation.text, span) if found is None else Scalar(found, "", "", span)

    def _call(self, call: hcl.Call, depth: int) -> Node:
        arguments = [self.of(argument, depth) for argument in call.arguments]
        known = [argument for argument in arguments if argument is not None]
        if call.name in ("file", "templatefile"):
            return self._of_file(call, known, depth)
        function = _FUNCTIONS.get(call.name)
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


def written(node: Node) -> str:
    """Return a value as it stands in a text: what is no text, as JSON."""
    return node.text if isinstance(node, Scalar) else json.dumps(_plain(node))


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        number = decimal(node) if not node.style else None
        return node.text if number is None else float(number)
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {item.key.text: _plain(item.value) for item in node.items}


def _unknown(reference: hcl.Reference) -> Scalar:
    return unknown(reference.text, reference.span)


def _descend(node: Node, steps: list[str]) -> Node | None:
    """Return what the steps lead to; None where they lead to nothing that is known."""
    for step in steps:
        if isinstance(node, yaml.Mapping):
            found = node.get(step)
        elif isinstance(node, Sequence) and step.isdecimal() and int(step[:6]) < len(node.items):
            found = node.items[int(step[:6])]
        else:
            return None
        if found is None:
            return None
        node = found
    return node


# --- Numbers and truth -----------------------------------------------------------------------


def truth(node: Node | None) -> bool | None:
    """Return whether a value is true; None where it is not known, or neither."""
    if isinstance(node, Scalar) and not is_unknown(node):
        return {"true": True, "false": False}.get(node.text)
    return None


def decimal(node: Node | None) -> Decimal | None:
    """Return the number that a value is; None where it is none, or not known."""
    if not isinstance(node, Scalar) or is_unknown(node) or not _NUMBER.fullmatch(node.text):
        return None
    try:
        return Decimal(node.text)
    except InvalidOperation:
        return None


def _written(number: Decimal) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _operated(operator: str, values: list[Node | None]) -> str | None:
    if operator in ("==", "!="):
        texts = [v.text for v in values if isinstance(v, Scalar) and not is_unknown(v)]
        if len(texts) != 2:
            return None
        return str((texts[0] == texts[1]) == (operator == "==")).lower()
    if operator in ("&&", "||", "!"):
        return _logic(operator, [truth(value) for value in values])
    numbers = [decimal(value) for value in values]
    if None in numbers:
        return None
    known = [number for number in numbers if number is not None]
    return _arithmetic(operator, known)


def _logic(operator: str, values: list[bool | None]) -> str | None:
    if operator == "!":
        return None if values[0] is None else str(not values[0]).lower()
    decisive = operator == "||"
    if decisive in values:
        return str(decisive).lower()
    return None if None in values else str(not decisive).lower()


def _arithmetic(operator: str, known: list[Decimal]) -> str | None:
    if len(known) == 1:
        return _written(-known[0]) if operator == "-" else None
    one, other = known
    if operator in ("/", "%") and not other:
        return None
    compared = {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}
    if operator in compared:
        return str(compared[operator]).lower()
    results = {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other,
               "/": lambda: one / other, "%": lambda: one % other}  # fmt: skip
    return _written(results[operator]()) if operator in results else None


# --- Functions -------------------------------------------------------------------------------


def _numeric(choose: Callable[[list[Decimal]], Decimal]) -> Function:
    def function(arguments: list[Node], span: Span) -> Node | None:
        numbers = [decimal(argument) for argument in arguments]
        known = [number for number in numbers if number is not None]
        if len(known) != len(numbers):
            return None
        return Scalar(_written(choose(known)), "", "", span)

    return function


def _itself(arguments: list[Node], span: Span) -> Node | None:
    return arguments[0]


def _first_known(arguments: list[Node], span: Span) -> Node | None:
    for argument in arguments:
        if is_unknown(argument):
            return None
        if isinstance(argument, Scalar) and (argument.is_null or not argument.text):
            continue
        return argument
    return None


def _tried(arguments: list[Node], span: Span) -> Node | None:
    return next((a for a in arguments[:1] if not is_unknown(a)), None)


def _lookup(arguments: list[Node], span: Span) -> Node | None:
    if len(arguments) < 2 or not isinstance(arguments[1], Scalar) or is_unknown(arguments[1]):
        return None
    if not isinstance(arguments[0], yaml.Mapping):
        return None
    found = arguments[0].get(arguments[1].text)
    return found or (arguments[2] if len(arguments) > 2 else None)


def _element(arguments: list[Node], span: Span) -> Node | None:
    at = decimal(arguments[1]) if len(arguments) > 1 else None
    if not isinstance(arguments[0], Sequence) or at is None or not arguments[0].items:
        return None
    return arguments[0].items[int(at) % len(arguments[0].items)]


def _length(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    if is_unknown(node):
        return None
    size = len(node.text) if isinstance(node, Scalar) else len(node.items)
    return Scalar(str(size), "", "", span)


def _merged(arguments: list[Node], span: Span) -> Node | None:
    found: dict[str, Item] = {}
    for argument in arguments:
        if not isinstance(argument, yaml.Mapping):
            return None
        found.update({item.key.text: item for item in argument.items})
    return yaml.Mapping(tuple(found.values()), "", span)


def _concatenated(arguments: list[Node], span: Span) -> Node | None:
    found: list[Node] = []
    for argument in arguments:
        if not isinstance(argument, Sequence):
            return None
        found += argument.items
    return Sequence(tuple(found), "", span)


def _joined(arguments: list[Node], span: Span) -> Node | None:
    if len(arguments) != 2 or not isinstance(arguments[1], Sequence):
        return None
    texts = [i.text for i in arguments[1].items if isinstance(i, Scalar)]
    if len(texts) != len(arguments[1].items) or not isinstance(arguments[0], Scalar):
        return None
    doubt = UNKNOWN if any(map(is_unknown, (arguments[0], *arguments[1].items))) else ""
    return Scalar(arguments[0].text.join(texts), '"', doubt, span)


def _formatted(arguments: list[Node], span: Span) -> Node | None:
    texts = [a.text for a in arguments if isinstance(a, Scalar)]
    if len(texts) != len(arguments):
        return None
    pieces = re.split(r"%[sdv]", texts[0])
    if len(pieces) != len(texts) or "%" in "".join(pieces):
        return None
    doubt = UNKNOWN if any(is_unknown(a) for a in arguments) else ""
    text = pieces[0] + "".join(a + b for a, b in zip(texts[1:], pieces[1:], strict=True))
    return Scalar(text, '"', doubt, span)


def _cased(change: Callable[[str], str]) -> Function:
    def function(arguments: list[Node], span: Span) -> Node | None:
        node = arguments[0]
        if not isinstance(node, Scalar) or is_unknown(node):
            return None
        return replace(node, text=change(node.text))

    return function


def document(node: Scalar) -> Node | None:
    """Return the JSON or YAML document that a text holds.

    Places are those of its lines where it is a file or stands between `<<` and its end; else
    the text's own.
    """
    stream = yaml.read(SourceFile("", node.text))
    if stream.unread or not stream.documents:
        return None
    first = node.span.start.line - 1 if node.style == WHOLE else node.span.start.line
    lined = node.style in (WHOLE, "|")
    return _moved(stream.documents[0], node.span, first if lined else None)


def _decoded(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    return document(node) if isinstance(node, Scalar) and not is_unknown(node) else None


def _moved(node: Node, span: Span, first: int | None) -> Node:
    """Return a node of a document where it stands: in the line `first` behind its own."""
    at = span
    if first is not None:
        start = replace(node.span.start, line=node.span.start.line + first)
        end = replace(node.span.end, line=node.span.end.line + first)
        at = Span(span.path, start, end)
    if isinstance(node, Scalar):
        return replace(node, span=at, tag=UNKNOWN if "${" in node.text else node.tag)
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_moved(i, span, first) for i in node.items), span=at)
    items = (Item(_key(i.key, span, first), _moved(i.value, span, first)) for i in node.items)
    return replace(node, items=tuple(items), span=at)


def _key(key: Scalar, span: Span, first: int | None) -> Scalar:
    found = _moved(key, span, first)
    return found if isinstance(found, Scalar) else key


_FUNCTIONS: dict[str, Function] = {
    "min": _numeric(min),
    "max": _numeric(max),
    "ceil": _numeric(lambda n: Decimal(math.ceil(n[0]))),
    "floor": _numeric(lambda n: Decimal(math.floor(n[0]))),
    "coalesce": _first_known,
    "concat": _concatenated,
    "element": _element,
    "format": _formatted,
    "join": _joined,
    "jsondecode": _decoded,
    "yamldecode": _decoded,
    "jsonencode": _itself,
    "yamlencode": _itself,
    "length": _length,
    "lookup": _lookup,
    "lower": _cased(str.lower),
    "merge": _merged,
    "nonsensitive": _itself,
    "sensitive": _itself,
    "tolist": _itself,
    "tomap": _itself,
    "tonumber": _itself,
    "tostring": _itself,
    "toset": _itself,
    "trimspace": _cased(str.strip),
    "try": _tried,
    "upper": _cased(str.upper),
    "urlencode": _itself,
}
