"""Variables that a task of Nomad is given by its templates.

Source: Nomad's documentation, `template` block (`env`: each line of what comes out is a variable);
hashicorp/consul-template, docs/templating-language.md (`service`, and Nomad's own `nomadService`,
whose elements have `.Address` and `.Port`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.reading.deployment.linking.variables import is_secret
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.syntax.yaml import Mapping, Node, Scalar

_LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)")
_ACTION = re.compile(r"\{\{-?[ \t]*(.*?)[ \t]*-?\}\}")
_EACH = re.compile(
    r"(?:range|with)\b.*\b(?:nomadS|s)ervice[ \t]+\"(?:[^\".]+\.)*([\w-]+)(?:@[\w-]+)?"
)
_PORT = re.compile(r":\{\{-?[ \t]*\.Port[ \t]*-?\}\}")
_PUT_IN = "${template}"  # what is known when the job runs


@dataclass(frozen=True, slots=True)
class Given:
    """Variables by name; `complete` tells that there are no others."""

    variables: tuple[Variable, ...]
    complete: bool


def given(task: Mapping) -> Given:
    """Return what the templates of a task set."""
    found: list[Variable] = []
    complete = True
    for template in task.mappings("template"):
        data = template.get("data")
        if template.text("env") == "true" and isinstance(data, Scalar) and not is_unknown(data):
            lines = tuple(_variables(data.text, data))
            found += [variable for variable in lines if variable]
            complete &= all(lines)
        else:
            complete = False
    return Given(tuple(found), complete)


def _variables(text: str, at: Node) -> Iterator[Variable | None]:
    """Yield the variable of each line that sets one, None for a line that may set any."""
    service = ""
    for line in text.splitlines():
        each = [m[1] for action in _ACTION.findall(line) if (m := _EACH.search(action))]
        service = each[-1] if each else service
        plain = _ACTION.sub(partial(_put_in, service), _PORT.sub("", line))
        found = _LINE.fullmatch(plain.strip())
        if found:
            value = found[2].strip().strip("\"'")
            word = Word(None if value == _PUT_IN else value, Basis.STATED, at.span)
            yield Variable(found[1], word, is_secret(found[1]))
        elif plain.strip() and not plain.strip().startswith("#"):
            yield None


def _put_in(service: str, found: re.Match[str]) -> str:
    """Return what an action of a template leaves in the text, within the elements of a service."""
    action = found[1]
    if _EACH.search(action) or action == "end" or action.startswith("/*"):
        return ""
    if action == ".Address" and service:
        return service
    return _PUT_IN
