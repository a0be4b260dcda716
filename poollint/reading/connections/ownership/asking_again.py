"""Methods of an object that commit, and then ask its session for more: it holds one again.

`self.db.add(order); self.db.commit(); self.db.refresh(order)` ends one transaction and begins the
next, which nothing ends.
"""

from __future__ import annotations

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.naming.objects.instances import Instance, method


def asks_again(of: Instance, name: str, attribute: str, api: Api) -> bool:
    """Tell whether a method certainly leaves the session that an attribute keeps with a connection.

    `api` is what makes the session.
    """
    member = method(of, name) if api.kind == "session" else None
    if member is None:
        return False
    kept = f"self.{attribute}"
    elsewhere = cst.Call(cst.Name("session"))  # what makes it stands in another function
    taken = Taken(elsewhere, api, Form.BOUND, frozenset({kept}), False)
    return Session(taken, member.name, member.names).by(member, kept) is Use.TAKES
