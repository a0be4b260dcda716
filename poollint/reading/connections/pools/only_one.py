"""Second connections beside a session that is handed in: of one pool where there is no other.

`def pay(db: Session): db.execute(…); audit.log(…)`: the file does not tell what `db` is of. Where
all engines that the project builds are the one that `log` takes from, it is that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from posixpath import normpath

from poollint.facts.code import Function, Module, Pool
from poollint.facts.connections import Nested
from poollint.reading.naming.files.exports import Exports

_BUILDS = re.compile(r"\b(?:create_(?:async_)?engine|(?:async_)?engine_from_config|SQLAlchemy)\(")


def settled(
    modules: tuple[Module, ...], exports: Callable[[], Exports] | None
) -> tuple[Module, ...]:
    """Return the modules without what is taken beside a session of another pool, for all we know.

    Tests, migrations and scripts build engines of their own, and hand them to themselves. Nothing
    is known where engines are of other databases, or built in files that were not read.
    """
    pools = tuple(pool for module in modules for pool in module.pools if _lends_sessions(pool))
    seen = {normpath(module.path) for module in modules}
    others = set(building(exports())) - seen if exports is not None else {""}
    whole = not others and not any(module.others for module in modules)
    return tuple(
        replace(module, functions=tuple(_settled(f, pools, whole) for f in module.functions))
        for module in modules
    )


def building(exports: Exports) -> Iterator[str]:
    """Yield the paths of the files that may build engines."""
    return exports.files.passing("builds engines", _may_build)


def _may_build(text: str) -> bool:
    return _BUILDS.search(text) is not None


def _settled(function: Function, pools: Iterable[Pool], whole: bool) -> Function:
    if not any(nested.handed for nested in function.nested):
        return function
    kept = (n for n in function.nested if not n.handed or (whole and _is_only(n, pools)))
    return replace(function, nested=tuple(kept))


def _is_only(nested: Nested, pools: Iterable[Pool]) -> bool:
    """Tell whether the pool of the second connection is the only one of its sort."""
    waits = nested.outer.release.startswith("await ")
    alike = [pool for pool in pools if pool.call.endswith("async_engine") is waits]
    return [pool.span for pool in alike] == [nested.built]


def _lends_sessions(pool: Pool) -> bool:
    return not pool.aside and (
        pool.call.endswith(("engine", "SQLAlchemy")) or "engine" in pool.call
    )
