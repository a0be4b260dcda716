"""Decorators of queues and schedulers under which a plain call still runs the function itself.

`send_mail(to)` of a Celery task runs here and now, `send_mail.delay(to)` leaves it to a worker. So
it is with dramatiq, rq, taskiq and procrastinate (run with celery 5.7, dramatiq 2.2, rq 3.0, taskiq
0.13 and procrastinate 3.10); huey 3.5 queues whatever is called, and so is not here.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.given.applications import Kind, is_kind
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape, of_ast

_LEVELS = 2  # functions that make a queue, and names for it
_DECORATORS = frozenset(
    """celery.shared_task celery.task celery.decorators.task dramatiq.actor rq.job rq.decorators.job
    django_rq.job procrastinate.contrib.django.app.task taskiq.async_shared_broker.task""".split()
)
_METHODS = frozenset({"task", "periodic"})
_QUEUES = Kind(
    classes=frozenset(
        """celery.Celery celery.app.Celery celery.app.base.Celery procrastinate.App
        procrastinate.Blueprint taskiq.InMemoryBroker taskiq.ZeroMQBroker
        taskiq_redis.ListQueueBroker taskiq_redis.PubSubBroker taskiq_redis.RedisStreamBroker
        taskiq_aio_pika.AioPikaBroker taskiq_nats.NatsBroker""".split()
    ),
    current=frozenset({"celery.current_app"}),
    holders=frozenset(),
    held=frozenset(),
    parameter="celery",
)


def runs_in_place(decorator: ast.expr, member: Member) -> bool:
    """Tell whether calling a function under a decorator runs it, though a queue knows it too."""
    names, name = member
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    shape = of_ast(plain)
    around = names.scope(name).parent
    scope = around.name if around else ""
    if names.qualified(shape, scope) in _DECORATORS:
        return True
    if not isinstance(shape, Attribute) or shape.name not in _METHODS:
        return False
    return _is_queue(shape.of, scope, names, _LEVELS)


def _is_queue(shape: Shape, scope: str, names: Names, levels: int) -> bool:
    """Tell whether a value is the application of a queue: made here, imported, or by a function."""
    if is_kind(_QUEUES, shape, scope, names):
        return True
    if not levels:
        return False
    there = names.imported(shape, scope)
    if there is not None:
        return _is_queue(there[1], "", there[0], levels)
    if isinstance(shape, Called):
        maker = function(shape.callee, scope, names)
        return maker is not None and _makes_queue(maker, levels - 1)
    bound = names.bound(shape, scope)
    if len(bound) != 1 or bound[0].how != "=":
        return False
    return _is_queue(of_ast(bound[0].value), bound[0].where, names, levels - 1)


def _makes_queue(maker: Member, levels: int) -> bool:
    names, name = maker
    given = names.results(name) or ()
    return bool(given) and all(_is_queue(of_ast(value), name, names, levels) for value in given)
