"""What the session rules say alike of an endpoint in transaction mode."""

from poollint import Endpoint, Span, Statement, Step

LONGEST = 80  # characters of a headline


def in_transaction_mode(statement: Statement) -> Endpoint | None:
    """Return the endpoint of a statement where it is known to pool by transaction, else None."""
    endpoint = statement.endpoint
    return endpoint if endpoint is not None and endpoint.mode.value == "transaction" else None


def pooler(endpoint: Endpoint) -> str:
    """Return what to call the pooler of an endpoint in a sentence."""
    return endpoint.pooler or "a transaction-mode pooler"


def path(statement: Statement, endpoint: Endpoint) -> tuple[Step, ...]:
    """Return the statement, and the line of the pooler's configuration that takes it away."""
    steps = [Step(statement.span, "changes the server's session")]
    if isinstance(endpoint.mode.origin, Span):
        label = "the session goes to another client after each transaction"
        steps.append(Step(endpoint.mode.origin, label))
    return tuple(steps)


def notes(endpoint: Endpoint) -> tuple[str, ...]:
    """Return how the mode is known, where no line of the repository says so."""
    if isinstance(endpoint.mode.origin, Span):
        return ()
    source = endpoint.mode.origin
    said = "`pool-mode` in poollint's settings says" if source == "settings" else f"{source} says"
    return (f"{said} that sessions go to another client after each transaction",)
