"""Names of hosts that are found without asking anybody: the host's own, and addresses."""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

_OWN = frozenset({"gethostname", "getfqdn", "node"})  # of `socket`, and `platform.node`
_KNOWN = re.compile(r"|localhost|[\d.]+|[\da-f]*:[\da-f:]*", re.I)


def resolves_itself(call: ast.expr | None, scope: str, names: Names) -> bool:
    """Tell whether a call looks up the host that it runs on: `gethostbyname(gethostname())`.

    Its name stands in a file of the host, `/etc/hosts`, in containers too.
    """
    first = call.args[0] if isinstance(call, ast.Call) and call.args else None
    if isinstance(first, ast.Constant):
        return isinstance(first.value, str) and _KNOWN.fullmatch(first.value) is not None
    if isinstance(first, ast.Name | ast.Attribute):
        bound = names.bound(of_ast(first), scope)
        first = bound[0].value if len(bound) == 1 and bound[0].how == "=" else None
    match first:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _OWN
    return False
