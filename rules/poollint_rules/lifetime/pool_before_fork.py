"""Server sessions are opened before a process forks, and its children use them.

## Why

A child gets its parent's sockets. Two processes that speak through one socket to one server
session mix their protocols: results of another query, `lost synchronization with server`,
`SSL error: decryption failed`, a transaction that a neighbour commits. A process that ends, or
that closes its copy, ends the session of all others. The threads that let a psycopg_pool grow
and reconnect do not exist in the child, which waits for them until its timeout.

An SQLAlchemy engine opens nothing when it is made: it is harmless before a fork until it is used,
for `create_all` at import say. A psycopg2 or psycopg_pool pool connects when it is made.

## Example

```python avoid shop/db.py
import os
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(1, 10, os.environ["DATABASE_URL"])
```
```python avoid shop/app.py
from flask import Flask
from shop.db import pool

app = Flask(__name__)

@app.get("/health")
def health():
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT 1")
            return str(cur.fetchone())
    finally:
        pool.putconn(conn)
```
```yaml avoid compose.yaml
services:
  web:
    build: .
    command: gunicorn --preload --workers 4 shop.app:app
```

```python prefer shop/db.py
import os
from psycopg2.pool import ThreadedConnectionPool

pool = None

def open_pool():
    global pool
    pool = ThreadedConnectionPool(1, 10, os.environ["DATABASE_URL"])
```
```python prefer gunicorn.conf.py
preload_app = True
workers = 4

def post_fork(server, worker):
    from shop import db
    db.open_pool()
```
```yaml prefer compose.yaml
services:
  web:
    build: .
    command: gunicorn shop.app:app
```

## Limits

What forks: gunicorn with `--preload` or `preload_app = True`, or run by the program itself
(`class Server(gunicorn.app.base.BaseApplication)`), uWSGI without `lazy-apps`, Celery's
prefork workers, `multiprocessing` and `ProcessPoolExecutor` where they fork (Linux, before Python
3.14), `os.fork`. An executor that a module keeps forks when it is first given work: an engine
counts there that both its work and what a framework calls again and again use. For gunicorn and
uWSGI poollint must be given, besides the code, the file that starts them: a Compose file or
manifest, a Dockerfile, a Procfile, a shell script, a systemd unit, `uwsgi.ini`; and must find the
one module that it names. From there it follows imports, and the functions of the project that are
called while modules are imported, but not what stands under an `if`. A hook that does something in
each child (`post_fork`, `@postfork`, `worker_process_init`, `os.register_at_fork`), an engine that
is disposed of, a pool that is built anew: all are taken to be right. Not looked at: asynchronous
pools, rq (it loads a job after it forked), what only one child uses, and not its parent beside it
(but for psycopg_pool's pools, whose threads no child has).

Code that forks itself counts from what its file does when it is run, up to the fork: what it
imports, what stands under `if __name__ == "__main__":`, and the functions that this calls; else
from what the function that forks does. An engine counts that was asked something there, by its
sessions, too. What a pool of processes is given is pickled, so only names of modules count there;
a `Process` has its arguments and its object as they are, and so have the workers of a PyTorch
`DataLoader`, where they are known to be several. Django's connection counts where a manager of a
model was asked before processes begin that ask one too, and none of their files closes any.

## Source

SQLAlchemy 2.0, "Using Connection Pools with Multiprocessing or os.fork()"; psycopg2, "Thread and
process safety"; psycopg_pool 3.3, "Connection pools"; gunicorn 27.0.1, `preload_app`; celery 5.7,
`worker_process_init`; uWSGI, "Things to know", on forking.
"""

from collections.abc import Iterator

from poollint import Category, Forker, Inherited, Kept, Problem, Project, Severity, rule

_HOOKS = {
    Forker.GUNICORN: "gunicorn's `post_fork` hook",
    Forker.UWSGI: "a function under `@uwsgidecorators.postfork`",
    Forker.CELERY: "a function under `@worker_process_init.connect`",
    Forker.PROCESSES: "the function that the child runs, or its `initializer`",
    Forker.FORK: "the child",
}
_WHO = {
    Forker.GUNICORN: "gunicorn forks its workers",
    Forker.UWSGI: "uWSGI forks its workers",
    Forker.CELERY: "Celery forks its workers",
    Forker.PROCESSES: "child processes are forked",
    Forker.FORK: "`os.fork`",
}


@rule("pool-before-fork", Category.LIFETIME, Severity.ERROR, since="0.1.0")
def pool_before_fork(project: Project) -> Iterator[Problem]:
    """Yield the sessions that are open before a fork, and used after it."""
    for one in project.inherited:
        thing = "connects" if one.kept is Kept.CONNECTION else "holds connections"
        yield Problem(
            f"`{one.name}` {thing} before {_WHO[one.forker]}",
            at=one.span,
            label="opened before the fork",
            path=one.steps,
            brief=f"`{one.name}` is open before a fork, and its children use it",
            why=_why(one),
            help=_help(one),
            notes=_notes(one),
            confidence=one.confidence,
            scope=one.scope,
        )


def _why(one: Inherited) -> str:
    if one.driver == "psycopg_pool":
        return (
            "children use the parent's server sessions, and the pool's threads do not exist in "
            "them: results mix, and waiting for a connection ends in PoolTimeout"
        )
    return "children speak through the parent's socket to one server session: their results mix"


def _help(one: Inherited) -> str:
    hook = _HOOKS[one.forker]
    if one.driver == "django":
        return "call `django.db.connections.close_all()` before the processes begin"
    if one.kept is Kept.ENGINE:
        return (
            f"call `engine.dispose(close=False)` in {hook}; or do what uses the engine in a step "
            "of its own, before the server starts"
        )
    if one.driver == "psycopg_pool":
        return f"build the pool with `open=False`, and call its `open()` in {hook}"
    thing = "connect" if one.kept is Kept.CONNECTION else "build the pool"
    return f"{thing} in {hook}, or when it is first asked for"


def _notes(one: Inherited) -> tuple[str, ...]:
    if one.driver == "django":
        return ("called in a child it ends the parent's session, which may need it again",)
    if one.kept is Kept.ENGINE:
        return ("without `close=False`, `dispose()` in a child ends the parent's sessions",)
    if one.forker is Forker.GUNICORN:
        return ("without preloading, each worker imports the application, and opens its own",)
    if one.forker is Forker.UWSGI:
        return ("with `lazy-apps = true` each worker loads the application, and opens its own",)
    if one.forker is Forker.PROCESSES:
        return ("the start method `spawn` forks nothing, and `forkserver` not from this process",)
    return ()
