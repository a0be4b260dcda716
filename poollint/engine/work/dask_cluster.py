"""The processes of a cluster that Dask runs, as an executor."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from typing import Any

from poollint.engine.work.executors import Place, software
from poollint.model.usage import UsageError

_SECONDS = 10  # for a scheduler to answer, and for a worker to be there
_INSTALL = "install `poollint[dask]`"


def cluster(address: str) -> Place:
    """Return the cluster whose scheduler is at `address`.

    Without a scheme Dask takes that of its own configuration, which may ask for TLS.
    """
    try:
        scheduler = importlib.import_module("distributed.scheduler")
    except ImportError as error:
        missing = "a Dask cluster needs the package `distributed`"
        raise UsageError(missing, _INSTALL) from error
    with _cluster(address) as executor:
        count = executor.workers
    lost = (scheduler.KilledWorker, CancelledError, BrokenExecutor)
    return Place(count, lambda _: _cluster(address), lambda: lost, remote=True, worth=0)


def _cluster(address: str) -> _Cluster:
    import logging

    client_of = importlib.import_module("distributed").Client
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it has to say, we say
    try:
        client = client_of(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at `{address}`") from error
    cluster = _Cluster(client)
    try:
        _fits(client, address)
    except BaseException:
        cluster.shutdown()
        raise
    return cluster


def _fits(client: Any, address: str) -> None:
    """Refuse a cluster without workers, or on which facts would be others than here."""
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
        found = set(client.run(software).values())
    except TimeoutError as error:
        raise UsageError(f"the Dask cluster at `{address}` has no workers") from error
    except ImportError as error:
        raise UsageError(f"a worker of `{address}` has no poollint", _INSTALL) from error
    for version, python in sorted(found - {software()}):
        own = "poollint {} on Python {}".format(*software())
        there = f"poollint {version} on Python {python}"
        raise UsageError(f"a worker of `{address}` has {there}", f"here it is {own}")


class _Cluster(Executor):
    """The executor of a client, which ends with it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor: Executor = client.get_executor()

    @property
    def workers(self) -> int:
        """Return how many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Give the cluster a call to make; it is not told of how large it is."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of graphs beyond 10 MB
            return self._executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the client go. What it still waits for is not done."""
        self._client.close(timeout=_SECONDS)
