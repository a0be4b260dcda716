"""The apps of PM2's files."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import pm2

Short = tuple[str, str, str | None, dict[str, str], str]


def apps(text: str, path: str = "ecosystem.config.js") -> list[Short]:
    return [
        (
            d.name,
            d.command.text,
            d.count.text if d.count else None,
            {n: t.text for n, t in d.variables},
            d.folder,
        )
        for d in pm2.read(SourceFile(path, text)).found
    ]


def test_an_app_in_javascript() -> None:
    text = """module.exports = {
  apps: [{
    name: "api", // the API
    script: './dist/main.js',
    cwd: 'apps/api',
    args: '--port 80',
    instances: 'max',
    env: { PORT: 3000, NODE_ENV: 'development' },
    env_production: { NODE_ENV: "production", URL: process.env.DATABASE_URL },
  }],
  deploy: { production: { user: 'node', host: ['a', 'b'] } },
};
"""
    variables = {"PORT": "3000", "NODE_ENV": "production", "URL": "${DATABASE_URL}"}
    assert apps(text) == [
        ("api", "node apps/api/dist/main.js --port 80", "max", variables, "apps/api")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "export default { apps: [{ script: 'a.js', instances: 2 }] }",
        "exports.apps = [{ script: 'a.js', instances: 2 }]",
        "module.exports = [{ script: 'a.js', instances: 2 }]",
        "module.exports = { script: 'a.js', instances: 2 }",
        "export default [{ script: 'a.js', instances: 2 }];",
        "const apps = [{ script: 'a.js', instances: 2 }];\nmodule.exports = { apps };",
        '{"apps": [{"script": "a.js", "instances": 2}]}',
    ],
)
def test_ways_to_write_the_array(text: str) -> None:
    assert apps(text) == [("a.js", "node a.js", "2", {}, ".")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("process.json", '[{"script": "a.js", "instances": 2}]'),
        ("process.json", '{"script": "a.js", "instances": 2}'),
        ("process.yml", "apps:\n  - script: a.js\n    instances: 2\n"),
        ("process.yaml", "- script: a.js\n  instances: 2\n"),
    ],
)
def test_json_and_yaml(path: str, text: str) -> None:
    assert apps(text, path) == [("a.js", "node a.js", "2", {}, ".")]


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("4", "4"),
        ("'4'", "4"),
        ("-1", "-1"),
        ("process.env.N", "${N}"),
        ("process.env.N || 4", "${N:-4}"),
        ("process.env.N ?? '4'", "${N:-4}"),
        ("os.cpus().length", "os.cpus().length"),
        ("process.env.N ? 4 : 2", "process.env.N ? 4 : 2"),
        ("`${n}`", "`${n}`"),
        ("MANY", "MANY"),
    ],
)
def test_what_a_number_of_instances_may_be(value: str, count: str) -> None:
    ((_, _, found, _, _),) = apps(
        f"module.exports = {{ apps: [{{ script: 'a', instances: {value} }}] }}"
    )
    assert found == count


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ("script: 'npm', args: 'start'", "npm start"),
        ("script: 'app.py', interpreter: 'python3.12'", "python3.12 app.py"),
        ("script: 'app.py'", "python3 app.py"),
        ("script: './run', interpreter: 'none'", "./run"),
        ("script: 'serve.js', exec_interpreter: 'bun'", "bun serve.js"),
    ],
)
def test_what_an_app_runs(fields: str, command: str) -> None:
    ((_, found, _, _, _),) = apps(f"module.exports = {{ apps: [{{ {fields} }}] }}")
    assert found == command


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("const names = [];\nmodule.exports = { apps: names.map(app) }", [2]),
        ("module.exports = {\n  apps: [\n    ...shared,\n    { script: 'a.js' },\n  ] }", [3]),
        ("module.exports = { apps: [{ name: 'a', script: main() }] }", [1]),
        ("module.exports = { apps: [{ script: 'a.js' }].map(more) }", [1]),
    ],
)
def test_what_only_running_tells_is_unclear(text: str, lines: list[int]) -> None:
    found = pm2.read(SourceFile("ecosystem.config.js", text))
    assert [span.start.line for span in found.unclear] == lines


@pytest.mark.parametrize(
    "text", ["", "apps", "apps:", "apps: [", "{", "[", "[{", "module.exports ="]
)
def test_what_is_broken_has_no_app(text: str) -> None:
    for path in ("ecosystem.config.js", "pm2.json", "pm2.yml"):
        assert pm2.read(SourceFile(path, text)).found == ()


@pytest.mark.parametrize(
    ("env", "complete"),
    [("{ A: 1 }", True), ("{ ...shared, A: 1 }", False), ("shared", False), ("{ A: get() }", True)],
)
def test_variables_may_be_given_that_no_literal_says(env: str, complete: bool) -> None:
    text = f"module.exports = {{ apps: [{{ script: 'a.js', cwd: __dirname, env: {env} }}] }}"
    (app,) = pm2.read(SourceFile("ecosystem.config.js", text)).found
    assert (app.complete, app.folder) == (complete, ".")


def test_places_are_those_of_the_file() -> None:
    text = "module.exports = {\n  apps: [{ script: 'a.js',\n    instances: 12 }] };\n"
    (app,) = pm2.read(SourceFile("ecosystem.config.js", text)).found
    assert app.count is not None
    assert (app.count.span.start.line, app.count.span.start.column) == (3, 16)
    assert (app.span.start.line, app.command.span.start.column) == (2, 20)
