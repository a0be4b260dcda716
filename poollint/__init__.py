"""poollint finds connection leaks and pool mistakes before your PostgreSQL does.

What stands in `__all__` is the interface for authors of rules. It resolves lazily, so that
importing poollint imports nothing else.
"""

import importlib

# Said without `typing`: under `python -m` the working directory is still a place that modules are
# imported from, and Python itself has imported no more than this so far.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from poollint.facts.code import (
        Argument,
        Effect,
        Endpoint,
        Function,
        Module,
        Pool,
        Rate,
        Recurrence,
        Statement,
    )
    from poollint.facts.configuration import Access, Configuration
    from poollint.facts.connections import (
        Acquisition,
        Concurrency,
        Escape,
        Hold,
        Leak,
        Nested,
        Shared,
        Taking,
        Wait,
    )
    from poollint.facts.forking import Forker, Inherited, Kept
    from poollint.facts.infrastructure import (
        Container,
        Flaw,
        Pooler,
        PoolerDatabase,
        Process,
        Server,
        Setting,
        Variable,
        Workload,
    )
    from poollint.facts.project import Project
    from poollint.facts.topology import Client, PoolerBudget, ServerBudget, Topology
    from poollint.model.figure import Basis, Entry, Figure, Interval, Ledger, Remedy, Word
    from poollint.model.finding import Category, Confidence, Finding, Problem, Severity, Step
    from poollint.model.fix import Edit, Fix, Safety
    from poollint.model.rule import Rule, rule
    from poollint.model.source import Position, SourceFile, Span

__version__ = "0.1.0"

__all__ = [
    "Access",
    "Acquisition",
    "Argument",
    "Basis",
    "Category",
    "Client",
    "Concurrency",
    "Confidence",
    "Configuration",
    "Container",
    "Edit",
    "Effect",
    "Endpoint",
    "Entry",
    "Escape",
    "Figure",
    "Finding",
    "Fix",
    "Flaw",
    "Forker",
    "Function",
    "Hold",
    "Inherited",
    "Interval",
    "Kept",
    "Leak",
    "Ledger",
    "Module",
    "Nested",
    "Pool",
    "Pooler",
    "PoolerBudget",
    "PoolerDatabase",
    "Position",
    "Problem",
    "Process",
    "Project",
    "Rate",
    "Recurrence",
    "Remedy",
    "Rule",
    "Safety",
    "Server",
    "ServerBudget",
    "Setting",
    "Severity",
    "Shared",
    "SourceFile",
    "Span",
    "Statement",
    "Step",
    "Taking",
    "Topology",
    "Variable",
    "Wait",
    "Word",
    "Workload",
    "__version__",
    "rule",
]

_HOMES = {
    "poollint.facts.code": (
        "Argument Effect Endpoint Function Module Pool Rate Recurrence Statement"
    ),
    "poollint.facts.configuration": "Access Configuration",
    "poollint.facts.connections": (
        "Acquisition Concurrency Escape Hold Leak Nested Shared Taking Wait"
    ),
    "poollint.facts.forking": "Forker Inherited Kept",
    "poollint.facts.infrastructure": (
        "Container Flaw Pooler PoolerDatabase Process Server Setting Variable Workload"
    ),
    "poollint.facts.project": "Project",
    "poollint.facts.topology": "Client PoolerBudget ServerBudget Topology",
    "poollint.model.figure": "Basis Entry Figure Interval Ledger Remedy Word",
    "poollint.model.finding": "Category Confidence Finding Problem Severity Step",
    "poollint.model.fix": "Edit Fix Safety",
    "poollint.model.rule": "Rule rule",
    "poollint.model.source": "Position SourceFile Span",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
