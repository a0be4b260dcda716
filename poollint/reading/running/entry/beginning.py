"""What a framework calls once: tasks that begin what runs from then on, and parts of a deployment.

A function of AWS Lambda that migrates the schema, or is a custom resource of CloudFormation, is
called when something is deployed.
"""

from __future__ import annotations

import ast
import re

from poollint.catalog.frameworks import Entry
from poollint.facts.code import Rate
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.outline import Outline
from poollint.reading.running.entry.entries import Found
from poollint.syntax.nodes import walk

_BEGINS = re.compile(r"_*(?:initiali[sz]e|init|bootstrap|start_?up|warm_?up)(?:_.*)?", re.I)
_LAMBDA = "aws_lambda"
_MIGRATING = re.compile(
    r"(?:^|[/_.-])(?:migrat(?:e|es|ing|ion|ions|or)|custom_?resources?)(?:[/_.-]|$)"
)
# What migrates a schema, and what answers CloudFormation.
_DEPLOYING = frozenset({"alembic", "yoyo", "cfnresponse", "crhelper"})
_REQUEST = "RequestType"  # of an event of CloudFormation: create, update or delete
_TASK = frozenset({"self", "task"})  # what a bound task is handed of itself


def begins(found: Found, outline: Outline) -> bool:
    """Tell whether a framework's task begins something, by its name, and for nobody special.

    One that is given whom or what it begins (`initialize_order(order_id)`) runs for each.
    """
    node = outline.functions.get(found.function)
    if node is None or not isinstance(found.row, Entry) or found.row.rate != Rate.TASK.value:
        return False
    given = {argument.arg for argument in parameters(node.args)} - _TASK
    return not given and _BEGINS.fullmatch(node.name) is not None


def deploys(found: Found, outline: Outline, path: str) -> bool:
    """Tell whether a Lambda function is called when something is deployed, and by nobody else."""
    node = outline.functions.get(found.function)
    signed = isinstance(found.row, Entry) and found.row.shape == "signature"
    if node is None or not signed or found.row.framework != _LAMBDA:
        return False
    if _MIGRATING.search(path.lower()) or _MIGRATING.search(node.name.lower()):
        return True
    if any(name.partition(".")[0] in _DEPLOYING for name in outline.imports.values()):
        return True
    return any(isinstance(n, ast.Constant) and n.value == _REQUEST for n in walk(node))
