"""PostgreSQL may use more memory than its container has.

## Why

What goes beyond the limit of a container is killed, and the kernel takes a process of PostgreSQL
for it: the server then ends all sessions and recovers, under the very load that filled it up. Its
shared buffers are taken once, and every connection needs about 1 MB of its own before it does
anything.

## Example

```yaml avoid
services:
  db:
    image: postgres:17
    command: postgres -c shared_buffers=256MB -c max_connections=500
    mem_limit: 512m
```

```yaml prefer
services:
  db:
    image: postgres:17
    command: postgres -c shared_buffers=256MB -c max_connections=100
    mem_limit: 512m
```

## Limits

Only where a file states the limit and one of the two settings. It is the least that is counted:
sorts, caches and maintenance come on top. What a setting of another place says is not known.

Sources: PostgreSQL, documentation of `shared_buffers`; private memory of a backend after its
first query, measured with 15 and 18: 1100 and 1172 kB.
"""

from collections.abc import Iterator

from poollint import Category, Configuration, Problem, Severity, Step, rule

_MB = 2**20
_BACKEND = _MB  # bytes; a little less than was measured
_BUFFERS = 128 * _MB  # PostgreSQL 13 to 18, where no file says anything
_CONNECTIONS = 100


@rule("memory-exceeded", Category.BUDGET, Severity.WARNING, since="0.1.0")
def memory_exceeded(configuration: Configuration) -> Iterator[Problem]:
    """Report a server whose buffers and connections do not fit into its container."""
    memory = configuration.memory
    buffers = configuration.setting("shared_buffers")
    most = configuration.setting("max_connections")
    if memory is None or configuration.program != "PostgreSQL" or not (buffers or most):
        return
    shared = buffers.number if buffers and buffers.number else _BUFFERS
    connections = int(most.number) if most and most.number else _CONNECTIONS
    needed = shared + connections * _BACKEND
    if needed <= memory.low:
        return
    places = [setting.span for setting in (buffers, most) if setting]
    yield Problem(
        f"PostgreSQL may need {_shown(needed)} and its container has {_shown(memory.low)}",
        at=places[-1],
        label="does not fit",
        path=tuple(Step(span, "takes it") for span in places) if len(places) > 1 else (),
        why=f"{_shown(shared)} of buffers and 1 MB for each of {connections} connections; "
        "the kernel kills a process, and the server ends all sessions",
        help=_help(shared, connections, memory.low, needed),
        scope="memory",
        severity=Severity.ERROR if shared >= memory.low else None,
    )


def _help(shared: float, connections: int, memory: int, needed: float) -> str:
    choices = [f"give it {_shown(needed)} or more"]
    if memory > shared:
        choices.append(f"write `max_connections` of {int((memory - shared) // _BACKEND)} or less")
    if memory > connections * _BACKEND:
        rest = _shown(memory - connections * _BACKEND).replace(" ", "")
        choices.append(f"write `shared_buffers` of {rest} or less")
    return ", or ".join(choices)


def _shown(size: float) -> str:
    return f"{round(size / _MB)} MB"
