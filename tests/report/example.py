"""A report with everything in it that a report can have, and the files it speaks of."""

from __future__ import annotations

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.finding import Category, Confidence, Finding, Problem, Severity, Step
from poollint.model.report import Budget, Coverage, Page, Report
from poollint.model.source import SourceFile, Span, Unreadable


def span(path: str, line: int, column: int, width: int) -> Span:
    """Return a span on one line."""
    return Span.at(path, line, column, width)


def file(path: str, **lines: str) -> SourceFile:
    """Return a file with these lines ("_14" is line 14), the others empty."""
    last = max(int(name[1:]) for name in lines)
    return SourceFile(path, "\n".join(lines.get(f"_{n}", "") for n in range(1, last + 1)) + "\n")


FILES = {
    source.path: source
    for source in (
        file(
            "shop/orders.py",
            _14="    conn = pool.getconn()",
            _15="    cur = conn.cursor()",
            _16="    cur.execute(ORDER, (order_id,))",
            _17="    row = cur.fetchone()",
            _18="    cur.close()",
            _19="    pool.putconn(conn)",
        ),
        file(
            "shop/tenant.py",
            _21='    conn = connect("postgres://app:hunter2@pooler/shop")',
            _22='    cur.execute("SET search_path TO " + tenant)',
        ),
        file("infra/pgbouncer.ini", _9="pool_mode = transaction", _12="max_prepared = 9"),
        file("infra/postgresql.conf", _3="max_connections = 200"),
        file(
            "shop/api.py",
            _38='@app.post("/checkout")',
            _41="    db = create_engine(settings.dsn)",
        ),
    )
}


def sources(path: str) -> SourceFile | None:
    """Return the text of one of `FILES`."""
    return FILES.get(path)


def _finding(rule: str, category: Category, severity: Severity, problem: Problem) -> Finding:
    number = sum(map(ord, rule + problem.at.path)) + problem.at.start.line
    return Finding(rule, category, severity, problem, f"{number:016x}")


def _leak(problem: Problem) -> Finding:
    return _finding("connection-leak", Category.LEAK, Severity.ERROR, problem)


LEAK = _leak(
    Problem(
        "`load_order` may end without `pool.putconn(conn)` for this connection",
        at=span("shop/orders.py", 14, 12, 14),
        label="taken here",
        path=(
            Step(span("shop/orders.py", 14, 12, 14), "taken here"),
            Step(span("shop/orders.py", 16, 5, 31), "may raise"),
            Step(
                span("shop/orders.py", 19, 5, 18), "so this is never reached, and `load_order` ends"
            ),
        ),
        brief="not given back if line 16 raises",
        why="a psycopg2 pool waits for `putconn`; the pool here holds 20 (shop/db.py:7), after 20"
        " such errors every request fails with PoolError",
        help="give it back in a `finally:` block",
        scope="load_order",
    )
)
SIBLINGS = (
    _leak(
        Problem(
            "`cancel_order` may end without `pool.putconn(conn)` for this connection",
            at=span("shop/orders.py", 52, 12, 14),
            brief="not given back if line 54 raises",
            scope="cancel_order",
        )
    ),
    _leak(
        Problem(
            "`nightly` never gives this connection back",
            at=span("shop/jobs.py", 17, 16, 14),
            brief="never given back",
            scope="nightly",
        )
    ),
)
SET = _finding(
    "session-set",
    Category.SESSION,
    Severity.ERROR,
    Problem(
        "`SET search_path` does not stay with this client behind PgBouncer",
        at=span("shop/tenant.py", 22, 5, 43),
        path=(
            Step(span("shop/tenant.py", 22, 5, 43), "changes the server's session"),
            Step(
                span("infra/pgbouncer.ini", 9, 13, 11),
                "the session goes to another client after each transaction",
            ),
        ),
        brief="`SET search_path` behind PgBouncer",
        why="the next query may run with another tenant's search_path",
        help="`SET LOCAL` inside the transaction, or name the schema in the query",
        confidence=Confidence.MEDIUM,
        scope="use_tenant",
    ),
)


def _stated(value: int, name: str, path: str, line: int, hint: str = "") -> Figure:
    return Figure.stated(value, name, span(path, line, 1, 1), hint)


SUPPLY = (
    Entry(
        "max_connections",
        (_stated(200, "max_connections", "infra/postgresql.conf", 3),),
    ),
    Entry(
        "superuser_reserved_connections",
        (-Figure.defaulted(3, "superuser_reserved_connections", "PostgreSQL default"),),
    ),
)
LEDGER = Ledger(
    demand=(
        Entry(
            "web",
            (
                _stated(12, "replicas", "deploy/web.yaml", 5),
                _stated(4, "workers", "deploy/web.yaml", 11, "WEB_CONCURRENCY"),
                _stated(5, "pool size", "shop/db.py", 9, "create_engine(pool_size=5)"),
            ),
        ),
        Entry(
            "worker",
            (
                _stated(6, "replicas", "deploy/worker.yaml", 5),
                _stated(10, "pool size", "deploy/worker.yaml", 14),
            ),
        ),
    ),
    supply=SUPPLY,
    title="orders-db",
)
BUDGET = _finding(
    "connection-budget-exceeded",
    Category.BUDGET,
    Severity.ERROR,
    Problem(
        "300 connections may be opened, 197 are available",
        at=span("infra/postgresql.conf", 3, 19, 3),
        label="103 too few",
        ledger=LEDGER,
        brief="300 may be opened (web 240, worker 60), 197 available",
        help="put PgBouncer between: `poollint explain connection-budget-exceeded`",
        notes=("while web is rolled out (maxSurge 25%, deploy/web.yaml:8): 360 may be opened",),
        scope="orders-db",
    ),
)
USERS = Ledger(
    demand=(
        Entry(
            "accounts",
            (
                Figure(2, 8, "replicas", Basis.STATED, span("deploy/accounts.yaml", 7, 1, 1)),
                Figure.defaulted(15, "pool size", "SQLAlchemy default"),
            ),
        ),
        Entry(
            "cron",
            (Figure(1, 1, "workers", Basis.ASSUMED, span("poollint.toml", 4, 1, 1)),),
        ),
    ),
    supply=SUPPLY,
)
POOL = _finding(
    "pool-per-request",
    Category.LIFETIME,
    Severity.WARNING,
    Problem(
        "`checkout` makes a new pool for every request",
        at=span("shop/api.py", 41, 10, 27),
        path=(
            Step(span("shop/api.py", 38, 1, 22), "called for each request"),
            Step(
                span("shop/api.py", 41, 10, 27),
                "a pool of 5, up to 15 connections (SQLAlchemy defaults)",
            ),
        ),
        brief="a new pool for every request",
        why="each pool keeps its connections until collected; 10 requests a second reach"
        " PostgreSQL's 100 in seconds",
        help="make the engine once, at import or in the application's lifespan, and pass it in",
        scope="checkout",
    ),
)
IGNORED = Finding(
    "connection-leak",
    Category.LEAK,
    Severity.ERROR,
    Problem(
        "`export` never gives this connection back",
        at=span("shop/export.py", 8, 12, 9),
        scope="export",
    ),
    "00000000000000ff",
    suppressed="closed by the middleware",
)
PAGES = (
    Page(
        "connection-leak",
        "leak",
        "error",
        "A connection is taken and not given back.",
        "A connection is taken and not given back.\n\n## Why\n\nThe pool runs empty: every\n"
        "request waits.\n\n## Example\n\n```python avoid\nd = {}\n```\n",
    ),
    Page(
        "pool-per-request",
        "lifetime",
        "warning",
        "A pool is built for each request.",
        "A pool is built for each request.\n\n## Why\n\nEach pool keeps its connections.\n",
    ),
)
REPORT = Report(
    findings=(LEAK, *SIBLINGS, SET, BUDGET, POOL, IGNORED),
    coverage=Coverage(
        files=214,
        python_files=180,
        candidates=12,
        infrastructure=5,
        drivers=("psycopg2", "SQLAlchemy"),
        unread=(
            Unreadable(
                Span.at("charts/web/templates/deployment.yaml"),
                "Helm template; render it: helm template charts/web | poollint audit -",
                broken=False,
            ),
        ),
        assumed=("1 worker for cron; set [tool.poollint.assume] cron.workers",),
    ),
    budgets=(
        Budget("orders-db", "", span("infra/postgresql.conf", 3, 19, 3), LEDGER),
        Budget(
            "users-db",
            "staging",
            span("infra/postgresql.conf", 3, 19, 3),
            USERS,
            missing=("reports: its pool size is stated nowhere",),
        ),
    ),
    pages=PAGES,
    hidden=2,
    seconds=0.94,
)
CLEAN = Report(
    findings=(IGNORED,),
    coverage=REPORT.coverage,
    budgets=REPORT.budgets[1:],
    pages=PAGES,
    seconds=0.94,
)
