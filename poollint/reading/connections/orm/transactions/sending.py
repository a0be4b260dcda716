"""Which calls send a statement on the connection that Django keeps for a thread.

By a manager or a query set, by a row that saves itself, by a form or a serializer that saves its
row, and by functions of the project that do. What a method of a row does is told by its model,
where a query of that model gave the row.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.catalog.load import calls as waits
from poollint.reading.connections.orm.transactions.query_sets import (
    TELLING,
    gone_through,
    is_query_set,
    known_names,
    of_manager,
)
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.objects.managers import is_manager
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    waited_for,
)

# Methods of managers and query sets that send a statement at once.
FETCHING = frozenset(
    """get create first last count exists update delete bulk_create bulk_update get_or_create
    update_or_create aggregate in_bulk latest earliest contains explain aget acreate afirst alast
    acount aexists aupdate adelete abulk_create abulk_update aget_or_create aupdate_or_create
    aaggregate ain_bulk alatest aearliest acontains aexplain""".split()
)
_SAVE = frozenset({"save", "asave"})
_DELETE = frozenset({"delete", "adelete"})
_AGAIN = frozenset({"refresh_from_db", "arefresh_from_db"})  # nothing but a row has one
_ROW = _SAVE | _DELETE | _AGAIN
# What `save()` of a row, a form and a serializer may be told.
_TOLD = frozenset({"force_insert", "force_update", "using", "update_fields"})
# What a generic view, or one of REST, fetches its row with, and how such classes are called.
_OF_ONE = frozenset({"get_object"})
_VIEW = re.compile(r"View(?:Set)?$")
# What a serializer saves its row with, and how these are called.
_MAKING = frozenset({"create", "update"})
_SERIALIZER = re.compile(r"Serializer$")
_SHORT = frozenset({"django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404"})
# What saves itself: a row, and a serializer or a form its row.
_SAVING = frozenset(
    """django.db.models.Model rest_framework.serializers.ModelSerializer
    rest_framework.serializers.HyperlinkedModelSerializer django.forms.ModelForm
    django.forms.models.ModelForm""".split()
)


def asks(call: ast.Call, here: Member, levels: int) -> bool:
    """Tell whether a call sends a statement on the thread's connection."""
    names, scope = here
    callee = of_ast(call.func)
    if names.qualified(callee, scope) in _SHORT:
        return True
    if isinstance(callee, Attribute):
        if callee.name in FETCHING and any(map(_tells, _chain(callee.of))):
            return True
        if callee.name in _ROW and _is_row(callee.of, here):
            return not any(k.arg == "commit" for k in call.keywords)
    api = names.api(callee, scope)
    if api is not None:
        return api.kind == "execute" and api.driver == "django"
    member = function(callee, scope, names) or _of_row(callee, here)
    if member is not None:
        return levels > 0 and _within(member, levels - 1)
    return isinstance(callee, Attribute) and _by_itself(call, callee, here)


def _by_itself(call: ast.Call, callee: Attribute, here: Member) -> bool:
    """Tell whether a call can hardly be anything but a row's, or a form's: `order.save()`.

    What saves to a file is told which; `form.save(commit=False)` sends nothing.
    """
    if callee.name in _AGAIN:
        return True
    if callee.name in _OF_ONE and callee.of == Name("self"):
        return not call.args and _is_view(here)
    if callee.name in _MAKING and callee.of == Called(Name("super")):
        return _is_view(here, _SERIALIZER)
    if callee.name in _SAVE:
        if callee.of == Called(Name("super")):
            return True
        if call.args or any(k.arg not in _TOLD for k in call.keywords):
            return False
    elif callee.name not in _DELETE or call.args or call.keywords:
        return False
    elif not isinstance(callee.of, Name):
        return False  # `order.receipt.delete()`: of a file
    names, scope = here
    if instance(callee.of, scope, names) is not None:
        return False  # a class of the project, and no model: it saves as it likes
    return not names.under(waits()).type(callee.of, scope)


def _is_view(here: Member, called: re.Pattern[str] = _VIEW) -> bool:
    """Tell whether a method stands in a class of which a base is `called` so, by its last name."""
    names, scope = here
    owner = names.scope(scope).owner if scope else None
    lines = lineage(Instance(names, owner.name)) if owner is not None else ()
    return any(
        called.search(dotted(of_ast(base))) for at, cls in lines for base in at.classes[cls].bases
    )


def _of_row(callee: Shape, here: Member) -> Member | None:
    """Return the method of a model that is called on a row which one of Django's shortcuts gave."""
    names, scope = here
    if not isinstance(callee, Attribute) or not isinstance(callee.of, Name):
        return None
    bound = [b for b in names.bound(callee.of, scope) if b.how != ":"]
    models = {_model(b.value, b.where, names) if b.how == "=" else None for b in bound}
    of = models.pop() if len(models) == 1 else None
    return method(of, callee.name) if of is not None else None


def _model(value: ast.expr | None, scope: str, names: Names) -> Instance | None:
    """Return the model of which a shortcut gives a row; None for anything else."""
    call = waited_for(value)
    if not isinstance(call, ast.Call) or not call.args:
        return None
    if names.qualified(of_ast(call.func), scope) not in _SHORT:
        return None
    return project_class(_first(of_ast(call.args[0])), scope, names)


def _first(shape: Shape) -> Shape:
    """Return what a chain is asked of: `Order` of `Order.objects.filter(…)`, and of itself."""
    of = shape
    while isinstance(of, Attribute | Called):
        if isinstance(of, Attribute) and of_manager(of.name):
            return of.of
        of = of.of if isinstance(of, Attribute) else of.callee
    return shape


def _within(member: Member, levels: int) -> bool:
    """Tell whether a function of the project sends a statement."""
    memory: dict[str, bool] = member.names.memory.setdefault("asks within", {})
    if member.name not in memory:
        memory[member.name] = False  # one that calls itself
        memory[member.name] = _sends(member, levels)
    return memory[member.name]


def _sends(member: Member, levels: int) -> bool:
    """Tell whether a function sends a statement; a context manager, before its block is run."""
    node = member.names.functions[member.name]
    own = own_nodes(node)
    given = [n.lineno for n in own if isinstance(n, ast.Yield)] if is_manager(member) else []
    calls = [call for call, _ in own_calls(node) if isinstance(call, ast.Call)]
    early = [call for call in calls if not given or call.lineno <= min(given)]
    if any(asks(call, member, levels) for call in early):
        return True
    if given:
        return False
    sets = known_names(node, member.name, member.names)
    return any(is_query_set(shape, sets) for inner in own for shape in gone_through(inner))


def _is_row(shape: Shape, here: Member) -> bool:
    """Tell whether a value is a row, or its serializer: made of its class, or a manager's."""
    names, scope = here
    of = instance(shape, scope, names)
    if of is not None and any(
        at.qualified(of_ast(base), "") in _SAVING
        for at, cls in lineage(of)
        for base in at.classes[cls].bases
    ):
        return True
    if not isinstance(shape, Name):
        return False
    bound = [b for b in names.bound(shape, scope) if b.how != ":"]
    return bool(bound) and all(
        b.how == "=" and any(map(of_manager, _chain(of_ast(b.value)))) for b in bound
    )


def _tells(name: str) -> bool:
    """Tell whether a name in a chain is a manager's, or a query set's method."""
    return of_manager(name) or name in TELLING


def _chain(shape: Shape) -> Iterator[str]:
    """Yield the names of a chain of calls and attributes, from its end."""
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Attribute):
            yield shape.name
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
