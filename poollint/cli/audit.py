"""`poollint audit`."""

from poollint.cli.check import with_options
from poollint.engine.request import Mode


@with_options(Mode.AUDIT)
def audit() -> None:
    """Add up connections across services, poolers and PostgreSQL."""
