"""Files that may say what opens connections, and from which no reader took anything.

There are more ways to describe a deployment than are read here. A file of such a kind whose bytes
speak of a database of PostgreSQL and of what runs, or how much of it, is told: what is not read is
said. So is code that makes such things with AWS CDK, Pulumi, troposphere or their like. Nothing is
parsed. What is about documentation, tests, continuous integration, translations
or the versions of packages is left out, and so is what tools of development are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename

from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, discover
from poollint.model.source import OVERLOOKED, Span, Unreadable

_MOST = 200_000  # bytes; what people write to deploy something is smaller than data
_QUESTION = "speaks of PostgreSQL and of what runs"  # in the index
_KIND = re.compile(
    r"\.(?:ya?ml|toml|json|hcl|nomad|job|ini|conf|cfg|service|sh|bash|j2|jinja2?|tpl|tftpl|tmpl|gotmpl"
    r"|jsonnet|libsonnet|cue|bicep|dhall|pkl|ncl)$"
    r"|(?:^|/)(?:docker|container|proc|cap|sky)file[^/]*$",
    re.I,
)
# Code that makes a deployment lies in a folder, or has a name, that says so.
_CODE = re.compile(
    r"(?:^|/)[^/]*(?:cdk|infra|iac|stack|pulumi|deploy|cloudformation|cfn|troposphere|sst|aws|apphost)[^/]*"
    r"(?:/.*)?(?<!\.d)\.(?:py|[cm]?ts|[cm]?js|go|java|kt|cs|rb)$",
    re.I,
)
_ELSEWHERE = re.compile(
    r"(?:^|/)(?:\.[^/]+|(?:[^/]*[-_.])?(?:docs?|documentation|examples?|samples?|tests?|testing|specs?|e2e"
    r"|fixtures|testdata|mocks?|locales?|i18n|lang|languages|translations|node_modules|vendor"
    r"|third_party|benchmarks?|dashboards?|seeds?|migrations?))/"
    r"|(?:^|/)\.[^/]*$"  # of continuous integration, editors and checks
    r"|(?:^|[/._-])(?:tests?|spec|examples?|sample|dist|ci|lock|shrinkwrap|openapi|swagger|schema"
    r"|tsconfig|eslint\w*|renovate|dependabot|mkdocs|codecov|appveyor|drone|pre-commit)"
    r"(?:[/._-]|$)[^/]*$"
    r"|(?:^|/)(?:pyproject|cargo|pipfile|poetry|uv|rustfmt|netlify|biome)\.\w+$"
    r"|(?:^|/)(?:package|composer|jenkins|azure-pipelines|bitbucket-pipelines|cloudbuild"
    r"|buildspec|taskfile|tox|setup|alembic|pytest|logging)[^/]*\.\w+$",
    re.I,
)
_DATABASE = re.compile(
    rb"DATABASE_URL|\bPOSTGRES(?:QL)?_|\bPGHOST\b|\bpostgres(?:ql)?(?:\+\w+)?://|jdbc:postgresql"
    rb"|\bhost=\S+[^\n]*\bdbname=|:5432\b|\b(?:postgresql|pgbouncer)_\w+[ \t]*:"
    # Resources of operators that make such databases, or give one to what they run.
    rb"|\bpostgresql\.cnpg\.io/|\bpostgres-operator\.crunchydata\.com/|\bacid\.zalan\.do/"
    rb"|\bstackgres\.io/|\bkind:[ \t]*ClowdApp\b"
)
# Of these each of them holds one; a few words are found far sooner than a pattern.
_WORDS = (
    b"DATABASE_URL", b"POSTGRES", b"postgres", b"PGHOST", b"dbname=", b":5432", b"pgbouncer_",
    b"acid.zalan.do", b"stackgres.io", b"ClowdApp",
)  # fmt: skip
# What such code imports, and what it makes that is PostgreSQL, or may connect to it.
_MAKING = re.compile(
    rb"aws[_-]cdk|awscdk|Amazon\.CDK|@pulumi/|\bpulumi|\btroposphere\b|\bcdktf\b|\bcdk8s\b|\bsst\b"
    rb"|\bDistributedApplication\b"
)
_MADE = re.compile(
    rb"\bDatabase(?:Instance|Cluster|Proxy)|\bServerlessCluster\b|\bDB(?:Instance|Cluster|Proxy)\b"
    rb"|\brds\.(?:Instance|Cluster|Proxy)\b|\baws_rds\b|aws-rds\b|FargateService\b|\bFargate[A-Z]"
    rb"|\bEc2Service\b|TaskDefinition\b|\b(?:sql|sqladmin)\.DatabaseInstance\b|\bflexibleserver\b"
    rb"|\baws\.Postgres\b|\bAddPostgres\b|\blambda_?\.Function\b|\bNodejsFunction\b|\bPythonFunction\b"
)
_RUNS = re.compile(
    rb"\b(?:gunicorn|uvicorn|hypercorn|granian|daphne|uwsgi|celery|dramatiq|puma|unicorn|sidekiq"
    rb"|resque|pgbouncer|pgcat|pgpool|php-fpm|passenger|pm2|foreman|ExecStart|numprocs"
    rb"|WEB_CONCURRENCY|RAILS_MAX_THREADS"
    rb"|(?:replicas?|replicaCount|replica_count|(?:desired|min|max|instance)_?count|instances"
    rb"|(?:min|max)_(?:capacity|instances|replicas)|(?:min|max)(?:Capacity|Instances|Replicas)"
    rb"|max_connections|pool_?size|max_overflow|max_?pool|workers|concurrency|image)"
    rb"[\"']?[ \t]*(?:[:=]|[ \t]+\d))",
    re.I,
)


def overlooked(
    paths: Iterable[str], tree: Tree, contents: Contents, known: frozenset[str]
) -> Iterator[Unreadable]:
    """Yield the files below `paths` that may matter and are not among those `known`, as shown."""
    same = known if tree.root == tree.cwd else frozenset[str]()  # as paths are told below the root

    def claims(path: str) -> bool:
        return path not in same and is_of_a_kind(path)

    for file in discover(paths, replace(tree, claims=claims)).files:
        fits = file.shown not in known and is_of_a_kind(file.inside)
        if fits and _speaks_of_it(file, contents):
            yield Unreadable(Span.at(file.shown), OVERLOOKED, broken=False)


def is_of_a_kind(path: str) -> bool:
    """Tell whether a file may describe a deployment, from its path below the root."""
    if _KIND.search(basename(path)) is None and _CODE.search(path) is None:
        return False
    return _ELSEWHERE.search(path) is None


def makes_it(data: bytes) -> bool:
    """Tell whether code makes a server, or what connects to one, with a library of such things."""
    return (
        len(data) <= _MOST
        and _MAKING.search(data) is not None
        and _MADE.search(data) is not None
        and (b"postgres" in data.lower() or _leads_to_one(data))
    )


def speaks_of_it(data: bytes) -> bool:
    """Tell whether a file speaks of PostgreSQL, and of what runs or how much of it."""
    return (
        len(data) <= _MOST
        and _leads_to_one(data)
        and _RUNS.search(data) is not None
        and not data.startswith(b"$ANSIBLE_VAULT")
    )


def _leads_to_one(data: bytes) -> bool:
    return any(word in data for word in _WORDS) and _DATABASE.search(data) is not None


def _speaks_of_it(file: File, contents: Contents) -> bool:
    state = contents.disk.state(file.full)
    if state and state.signature[2] > _MOST:
        return False

    def look() -> bool:
        data = contents.load(file)
        asked = speaks_of_it if _KIND.search(basename(file.inside)) else makes_it
        return isinstance(data, bytes) and asked(data)

    return contents.answer(file, _QUESTION, look)
