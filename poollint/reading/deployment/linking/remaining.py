"""What a container of known pools may open beside them, and what it is taken not to."""

from __future__ import annotations

from poollint.facts.code import Pool
from poollint.reading.deployment.linking import held
from poollint.reading.deployment.linking.counting import Count
from poollint.reading.deployment.linking.openers import Opener, edge, sole
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.reach import Reach, Target
from poollint.reading.deployment.linking.wording import at
from poollint.reading.deployment.pools.joined import Joined


def tell(
    opener: Opener, joined: Joined, code: Programs, reached: tuple[Target, ...], reach: Reach,
    total: Count,
) -> None:  # fmt: skip
    """Tell it."""
    for name in dict.fromkeys(d.alias for d in joined.databases if joined.aliases):
        if all(alias.name != name for alias in joined.aliases):
            total.assume(f"nothing is opened to the database `{name}` of the settings of Django: "
                         "no code names it, or only a condition adds it")  # fmt: skip
    if not (joined.groups or joined.django):
        for pool in _singles(opener, joined, code)[:1]:
            what = f"`{opener.name}`: what it opens beside its one connection{at(pool)}"
            total.miss(sole(reached), what)
    for function, pool in {p.function: p for p in reversed(joined.perhaps)}.items():
        how = f"what `{function}` opens, for nothing tells whether and how often it is called"
        target = edge(opener, pool, reach)[0] or sole(reached)
        total.miss(target, f"`{opener.name}`: {how}{at(pool)}")
    if joined.beside:
        where = f"{joined.beside.path}:{joined.beside.start.line}"
        total.miss(sole(reached), f"`{opener.name}`: what it opens beside its pools ({where})")


def _singles(opener: Opener, joined: Joined, code: Programs) -> list[Pool]:
    """Return the sessions beside those that are counted.

    The function of one that is called once, to make what is counted, opens no other.
    """
    counted = held.counted(opener, joined)
    made = {pool.call.removesuffix("()").rpartition(".")[2] for pool in counted}
    applications = code.code.applications
    loaded = applications.started(opener.unit.container) if applications else frozenset[str]()

    def alone(pool: Pool) -> bool:
        name = pool.function.rpartition(".")[2]
        once = applications is not None and applications.calls(loaded, name) == 1
        return name in made and once

    return [pool for pool in joined.singles if pool not in counted and not alone(pool)]
