"""The pools that live on and serve many uses: what the rules about settings of pools judge."""

from collections.abc import Iterator

from poollint import Argument, Basis, Function, Module, Pool


def standing(module: Module) -> Iterator[tuple[Function, Pool]]:
    """Yield the pools of a module that keep connections, with the functions that build them.

    Left out are those of tests, migrations and scripts, and those that are built for each
    request or each call: `pool-per-request` and `pool-never-closed` have better advice.
    """
    for function in module.functions:
        for pool in function.pools:
            again = function.recurrence is not None and not (pool.once or function.once)
            passing = pool.aside or pool.left_open or again
            if pool.pooled and not passing and not _of_another_class(pool):
                yield function, pool


def written(argument: Argument, value: str) -> str:
    """Return an argument as code shows it."""
    return f"`{argument.name}={value}`"


def _of_another_class(pool: Pool) -> bool:
    """Tell whether it is given a pool, or a class of pools, that is not the usual one.

    A size by default is that of the usual one; a class of one connection says its own.
    """
    given = pool.argument("pool_class") or pool.argument("pool_object")
    size = pool.figure("max_size")
    if given is None or size is None:
        return given is not None
    return pool.argument("max_size") is None and size.basis is not Basis.DEFAULTED
