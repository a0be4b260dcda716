"""What the session rules say alike of an endpoint whose sessions are given away."""

from poollint import Endpoint, Span, Statement, Step

LONGEST = 80  # characters of a headline
_GIVEN_AWAY = {"transaction", "statement"}


def in_transaction_mode(statement: Statement) -> Endpoint | None:
    """Return the endpoint of a statement where it is known to give sessions away, else None.

    In transaction mode a session goes to another client after each transaction, in statement
    mode after each statement; what stays in it is lost in both.
    """
    endpoint = statement.endpoint
    return endpoint if endpoint is not None and endpoint.mode.value in _GIVEN_AWAY else None


def pooler(endpoint: Endpoint) -> str:
    """Return what to call the pooler of an endpoint in a sentence."""
    return endpoint.pooler or f"a {endpoint.mode.value}-mode pooler"


def path(
    statement: Statement, endpoint: Endpoint, label: str = "changes the server's session"
) -> tuple[Step, ...]:
    """Return the statement, and the line of the pooler's configuration that takes it away."""
    steps = [Step(statement.span, label)]
    if isinstance(endpoint.mode.origin, Span):
        told = f"the session goes to another client after each {endpoint.mode.value}"
        steps.append(Step(endpoint.mode.origin, told))
    return tuple(steps)


def notes(endpoint: Endpoint) -> tuple[str, ...]:
    """Return how the mode is known, where no line of the repository says so."""
    if isinstance(endpoint.mode.origin, Span):
        return ()
    source = endpoint.mode.origin
    if source == "settings":
        source = "`pool-mode` in poollint's settings, or assumed,"
    return (f"{source} says that sessions go to another client after each {endpoint.mode.value}",)
