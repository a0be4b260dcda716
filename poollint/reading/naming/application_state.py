"""What an application keeps for its handlers: `app.state.pool` (Starlette), `app.ctx.pool` (Sanic).

It is set where the application starts and read in files that know only the request, so no import
leads from one to the other. A place is known by its last two names ("state.pool"); what stands
before must be an application, as far as a name can tell.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from poollint.reading.naming.shapes import Attribute, Name, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDERS = ("state", "ctx")
_APPLICATION = re.compile(r"(?:.*_)?(?:app|application|api)\Z|[a-z]+app\Z", re.I)
_READ = re.compile(rb"\.(state|ctx)\.([A-Za-z_]\w*)")
_SET = re.compile(rb"\.(state|ctx)\.([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)")


def place(shape: Shape) -> str:
    """Return the place that an expression reads ("state.pool"), "" where it is none."""
    match shape:
        case Attribute(of=Attribute(of=of, name=holder), name=name) if holder in HOLDERS:
            last = of.name if isinstance(of, Attribute) else of.text if isinstance(of, Name) else ""
            return f"{holder}.{name}" if _APPLICATION.match(last) else ""
    return ""


def assigned(target: ast.Attribute) -> str:
    """Return the place that an assignment gives its value, "" where it is none."""
    match target.value:
        case ast.Attribute(value=ast.Name(id=last) | ast.Attribute(attr=last), attr=holder):
            known = holder in HOLDERS and _APPLICATION.match(last)
            return f"{holder}.{target.attr}" if known else ""
    return ""


def read_in(data: bytes) -> Iterator[str]:
    """Yield the places that a file may read, those that it sets among them."""
    return _found(_READ, data)


def set_in(data: bytes) -> Iterator[str]:
    """Yield the places that a file may set."""
    return _found(_SET, data)


def _found(test: re.Pattern[bytes], data: bytes) -> Iterator[str]:
    if any(b".%s." % holder.encode() in data for holder in HOLDERS):
        for holder, name in set(test.findall(data)):
            yield f"{holder.decode()}.{name.decode()}"
