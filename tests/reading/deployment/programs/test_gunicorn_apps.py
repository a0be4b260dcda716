"""Programs that start gunicorn from their own code."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.serving import DATABASE, Audited

RUNNER = """
    import os
    from gunicorn.app.base import BaseApplication
    from shop.database import engine

    WORKERS = int(os.environ.get("SHOP_WORKERS", "3"))

    class Application(BaseApplication):
        def __init__(self, app, options):
            self.options = options
            super().__init__()

        def load_config(self):
            for key, value in self.options.items():
                self.cfg.set(key, value)

    if __name__ == "__main__":
        Application(None, OPTIONS).run()
    """


@pytest.mark.parametrize(
    ("options", "workers", "basis", "total"),
    [
        ('{"bind": ":80", "workers": 4, "worker_class": "uvicorn.workers.UvicornWorker"}', 4,
         Basis.STATED, (20, 20)),
        ('{"bind": ":80", "workers": WORKERS}', 3, Basis.STATED, (3, 15)),
        ('dict(bind=":80", workers=2, threads=2)', 2, Basis.STATED, (4, 10)),
        ('{"bind": ":80", "timeout": 9}', 1, Basis.DEFAULTED, (1, 5)),
        ('{"bind": ":80", "workers": count()}', 1, Basis.UNKNOWN, (1, 5)),
    ],
)  # fmt: skip
def test_a_program_may_start_gunicorn_itself(
    audited: Audited,
    options: str, workers: int, basis: Basis, total: tuple[int, int],
) -> None:  # fmt: skip
    files = {"shop/run.py": RUNNER.replace("OPTIONS", options), "shop/database.py": DATABASE}
    budget = audited("python shop/run.py", files)
    (entry,) = budget.ledger.demand
    factor = entry.factors[1]
    assert (factor.low, factor.basis) == (workers, basis)
    assert (entry.total.low, entry.total.high) == total
