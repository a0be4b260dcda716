"""HCL as a tree that remembers where everything stands: Terraform's and Nomad's language.

The tree is made of tree-sitter-hcl's. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from poollint.model.source import Comment, SourceFile, Span, Unreadable
from poollint.syntax.hcl_nodes import (
    Array,
    Attribute,
    Block,
    Body,
    Call,
    Constant,
    Expression,
    For,
    Object,
    Opaque,
    Operation,
    Reference,
    Template,
)  # fmt: skip
from poollint.syntax.heredoc import dedented

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = [
    "MAX_CHARACTERS", "Array", "Attribute", "Block", "Body", "Call", "Constant", "Expression",
    "For", "Object", "Opaque", "Operation", "Reference", "Template", "comments", "read",
]  # fmt: skip

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 60
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|\$\$\{|%%\{')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def read(source: SourceFile) -> Body | Unreadable:
    """Return the body of a file, or why it has none; never raises."""
    if len(source.text) > MAX_CHARACTERS:
        reason = f"larger than {MAX_CHARACTERS // 1_000_000} MB"
        return Unreadable(source.span(0, 0), reason, broken=False)
    data = source.text.encode(errors="surrogatepass")
    top = _parser().parse(data).root_node
    maker = _Maker(source, data)
    if top.has_error:
        return Unreadable(maker.span(_fault(top)), "broken HCL")
    body = next((child for child in top.named_children if child.type == "body"), None)
    return maker.body(body, 0) if body else Body((), ())


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def _fault(top: Node) -> Node:
    """Return the first place that is no HCL."""
    node = top
    while not (node.is_error or node.is_missing):
        inner = next((child for child in node.children if child.has_error), None)
        if inner is None:
            return node
        node = inner
    return node


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments that begin with `#` or `//`, in order."""
    if len(source.text) > MAX_CHARACTERS or not re.search(r"#|//", source.text):
        return ()
    data = source.text.encode(errors="surrogatepass")
    maker = _Maker(source, data)
    pending: list[Node] = [_parser().parse(data).root_node]
    found: list[Comment] = []
    while pending:
        node = pending.pop()
        pending += reversed(node.children)
        if node.type != "comment":
            continue
        span = maker.span(node)
        text = maker.text(node).rstrip()
        before = source.line(span.start.line)[: span.start.column - 1]
        if not text.startswith("/*"):
            start = source.offset(span.start)
            found.append(
                Comment(source.span(start, start + len(text)), text, own_line=not before.strip())
            )
    return tuple(found)


class _Maker:
    """Makes the tree of tree-sitter's."""

    def __init__(self, source: SourceFile, data: bytes) -> None:
        self._source = source
        self._data = data
        self._ascii = len(data) == len(source.text)
        self._places: dict[int, int] = {}
        self._makers: dict[str, Callable[[Node, int], Expression]] = {
            "literal_value": self._literal,
            "string_lit": self._string,
            "template_expr": self._only,
            "quoted_template": self._quoted,
            "heredoc_template": self._heredoc,
            "collection_value": self._only,
            "tuple": self._array,
            "object": self._object,
            "for_expr": self._only,
            "for_tuple_expr": self._for,
            "for_object_expr": self._for,
            "function_call": self._call,
            "operation": self._only,
            "unary_operation": self._operation,
            "binary_operation": self._operation,
            "conditional": self._conditional,
            "expression": self._expression,
            "template_interpolation": self._only,
        }

    # --- Places ---

    def _offset(self, at: int) -> int:
        if self._ascii:
            return at
        if at not in self._places:
            text = self._data[:at].decode(errors="surrogatepass")
            self._places[at] = len(text)
        return self._places[at]

    def span(self, node: Node) -> Span:
        return self._source.span(self._offset(node.start_byte), self._offset(node.end_byte))

    def text(self, node: Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode(errors="surrogatepass")

    # --- Blocks ---

    def body(self, node: Node, depth: int) -> Body:
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for child in node.named_children:
            if child.type == "attribute":
                name, value = child.named_children[0], child.named_children[-1]
                made = self._make(value, depth + 1)
                attributes.append(Attribute(self.text(name), made, self.span(name)))
            elif child.type == "block" and depth < MAX_DEPTH:
                blocks.append(self._block(child, depth + 1))
        return Body(tuple(attributes), tuple(blocks))

    def _block(self, node: Node, depth: int) -> Block:
        kind, labels, body = "", [], Body((), ())
        last = node
        for child in node.named_children:
            if child.type == "identifier" and not kind:
                kind, last = self.text(child), child
            elif child.type in ("identifier", "string_lit"):
                labels.append(self.text(child).strip('"'))
                last = child
            elif child.type == "body":
                body = self.body(child, depth)
        start, end = self._offset(node.start_byte), self._offset(last.end_byte)
        return Block(kind, tuple(labels), body, self._source.span(start, end))

    # --- Expressions ---

    def _make(self, node: Node, depth: int) -> Expression:
        make = self._makers.get(node.type)
        if make is None or depth > MAX_DEPTH:
            return self._opaque(node)
        return make(node, depth + 1)

    def _opaque(self, node: Node) -> Expression:
        return Opaque(self.text(node), self.span(node))

    def _only(self, node: Node, depth: int) -> Expression:
        inner = [child for child in node.named_children if not _is_mark(child)]
        return self._make(inner[0], depth) if len(inner) == 1 else self._opaque(node)

    def _expression(self, node: Node, depth: int) -> Expression:
        return self._joined([c for c in node.children if c.type not in ("(", ")")], node, depth)

    def _joined(self, inner: list[Node], node: Node, depth: int) -> Expression:
        """Return what nodes beside each other are: one value, or a name and what is taken of it."""
        inner = [child for child in inner if child.type != "comment"]
        if inner and inner[0].type == "variable_expr":
            return self._reference(node, inner, depth)
        if len(inner) == 2 and inner[0].type == "function_call" and inner[1].type == "index":
            return self._element(node, inner, depth)
        return self._make(inner[0], depth) if len(inner) == 1 else self._opaque(node)

    def _element(self, node: Node, inner: list[Node], depth: int) -> Expression:
        """Return `f(x)[0]` as what means the same: `element(f(x), 0)`."""
        steps = inner[1].named_children
        if not steps or steps[0].type == "legacy_index" or not steps[0].named_children:
            return self._opaque(node)
        place = self._make(steps[0].named_children[0], depth)
        listed = self._make(inner[0], depth)
        return Call("element", (listed, place), self.text(node), self.span(node))

    def _reference(self, node: Node, inner: list[Node], depth: int) -> Expression:
        steps: list[str | Expression] = [self.text(inner[0])]
        for child in inner[1:]:
            if child.type == "get_attr":
                steps.append(self.text(child).lstrip(". \n\t"))
            elif child.type == "index" and child.named_children:
                step = child.named_children[0]
                value = step.named_children[0] if step.named_children else step
                made = self._make(value, depth)
                steps.append(self.text(step).lstrip(".") if step.type == "legacy_index" else made)
            else:
                return self._opaque(node)
        start, end = self._offset(inner[0].start_byte), self._offset(inner[-1].end_byte)
        text = self._source.text[start:end]
        return Reference(tuple(steps), text, self._source.span(start, end))

    def _literal(self, node: Node, depth: int) -> Expression:
        child = node.named_children[0] if node.named_children else node
        if child.type == "string_lit":
            return self._string(child, depth)
        return Constant(self.text(node), False, self.span(node))

    def _string(self, node: Node, depth: int) -> Expression:
        text = "".join(
            self.text(child) for child in node.named_children if child.type == "template_literal"
        )
        return Constant(_unescaped(text), True, self.span(node))

    def _quoted(self, node: Node, depth: int) -> Expression:
        return self._template(node, depth, block=False)

    def _heredoc(self, node: Node, depth: int) -> Expression:
        return self._template(node, depth, block=True)

    def _template(self, node: Node, depth: int, *, block: bool) -> Expression:
        parts: list[Expression] = []
        put: list[Expression] = []
        at, end = _inside(node, self._data)
        for child in node.named_children:
            if child.type == "template_interpolation":
                parts += self._text(at, child.start_byte, block)
                put.append(self._make(child, depth))
                parts.append(put[-1])
                at = child.end_byte
            elif child.type != "template_literal" and not _is_mark(child):
                return self._opaque(node)
        parts += self._text(at, end, block)
        if self._data.startswith(b"<<-", node.start_byte):
            own = [p.text if isinstance(p, Constant) and p not in put else None for p in parts]
            parts = [_with(part, text) for part, text in zip(parts, dedented(own), strict=True)]
        return Template(tuple(parts), block, self.span(node))

    def _text(self, start: int, end: int, block: bool) -> Iterator[Constant]:
        """Yield the text between two bytes: tree-sitter's own leaves out white space."""
        if start < end:
            text = self._data[start:end].decode(errors="surrogatepass")
            span = self._source.span(self._offset(start), self._offset(end))
            yield Constant(text if block else _unescaped(text), True, span)

    def _array(self, node: Node, depth: int) -> Expression:
        items = [child for child in node.named_children if child.type == "expression"]
        return Array(tuple(self._make(item, depth) for item in items), self.span(node))

    def _object(self, node: Node, depth: int) -> Expression:
        pairs: list[tuple[Expression, Expression]] = []
        for element in node.named_children:
            if element.type == "object_elem":
                ends = [c for c in element.named_children if c.type == "expression"]
                if len(ends) == 2:
                    pairs.append((self._key(ends[0], depth), self._make(ends[1], depth)))
        return Object(tuple(pairs), self.span(node))

    def _for(self, node: Node, depth: int) -> Expression:
        """Return a `for`; one that groups its values (`...`) is not looked into."""
        names: list[str] = []
        each: list[Expression] = []
        made: list[Expression] = []
        condition: Expression | None = None
        for child in node.named_children:
            if child.type == "for_intro":
                names = [self.text(c) for c in child.named_children if c.type == "identifier"]
                parts = (c for c in child.named_children if c.type == "expression")
                each = [self._make(c, depth) for c in parts]
            elif child.type == "for_cond":
                condition = self._make(child.named_children[-1], depth)
            elif child.type == "expression":
                made.append(self._make(child, depth))
            elif child.type == "ellipsis":
                return self._opaque(node)
        keyed = node.type == "for_object_expr"
        if len(each) != 1 or not names or len(made) != 1 + keyed:
            return self._opaque(node)
        key = made[0] if keyed else None
        text, span = self.text(node), self.span(node)
        return For(tuple(names), each[0], key, made[-1], condition, text, span)

    def _key(self, node: Node, depth: int) -> Expression:
        if len(node.named_children) == 1 and node.named_children[0].type == "variable_expr":
            return Constant(self.text(node), True, self.span(node))
        return self._make(node, depth)

    def _call(self, node: Node, depth: int) -> Expression:
        name, arguments = "", []
        for child in node.named_children:
            if child.type == "identifier":
                name = self.text(child)
            elif child.type == "function_arguments":
                arguments = [c for c in child.named_children if c.type == "expression"]
                if any(c.type == "ellipsis" for c in child.children):
                    return self._opaque(node)
        made = tuple(self._make(argument, depth) for argument in arguments)
        return Call(name, made, self.text(node), self.span(node))

    def _operation(self, node: Node, depth: int) -> Expression:
        sign = ""
        operands: list[list[Node]] = [[]]
        for child in node.children:
            if child.is_named:
                operands[-1].append(child)
            elif operands[-1]:
                sign = self.text(child)
                operands.append([])
            else:
                sign = self.text(child)
        made = tuple(self._joined(group, node, depth) for group in operands)
        return Operation(sign, made, self.text(node), self.span(node))

    def _conditional(self, node: Node, depth: int) -> Expression:
        made = tuple(self._make(c, depth) for c in node.named_children if c.type != "comment")
        if len(made) != 3:
            return self._opaque(node)
        return Operation("?", made, self.text(node), self.span(node))


def _with(part: Expression, text: str | None) -> Expression:
    return replace(part, text=text) if isinstance(part, Constant) and text is not None else part


def _is_mark(node: Node) -> bool:
    kind = node.type
    return kind == "comment" or kind.endswith(("_start", "_end")) or kind == "heredoc_identifier"


def _inside(node: Node, data: bytes) -> tuple[int, int]:
    """Return where the text of a template begins and ends: behind its mark, before the other."""
    if node.type == "heredoc_template":
        names = [child for child in node.named_children if child.type == "heredoc_identifier"]
        start = data.find(b"\n", names[0].end_byte) + 1
        return start, max(start, data.rfind(b"\n", 0, names[-1].start_byte) + 1)
    return node.start_byte + 1, node.end_byte - 1


def _unescaped(text: str) -> str:
    def put_in(match: re.Match[str]) -> str:
        if match[1]:
            return _ESCAPED[match[1]]
        digits = match[2] or match[3]
        if digits:
            return chr(int(digits, 16)) if int(digits, 16) < 0x110000 else ""
        return match[0][1:]

    return _ESCAPE.sub(put_in, text)
