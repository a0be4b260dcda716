"""Tasks that begin what runs from then on: sent once, when everything is started."""

from __future__ import annotations

import re

from poollint.catalog.frameworks import Entry
from poollint.facts.code import Rate
from poollint.reading.naming.bindings import parameters
from poollint.reading.naming.outline import Outline
from poollint.reading.running.entries import Found

_BEGINS = re.compile(r"_*(?:initiali[sz]e|init|bootstrap|start_?up|warm_?up)(?:_.*)?", re.I)
_TASK = frozenset({"self", "task"})  # what a bound task is handed of itself


def begins(found: Found, outline: Outline) -> bool:
    """Tell whether a framework's task begins something, by its name, and for nobody special.

    One that is given whom or what it begins (`initialize_order(order_id)`) runs for each.
    """
    node = outline.functions.get(found.function)
    if node is None or not isinstance(found.row, Entry) or found.row.rate != Rate.TASK.value:
        return False
    given = {argument.arg for argument in parameters(node.args)} - _TASK
    return not given and _BEGINS.fullmatch(node.name) is not None
