"""Every figure of poollint's speed: `python -m tests.bench.speed [TREE …]`.

Without a tree, one of 5,000 files is generated; a tree is only read. ruff, and where they are
installed pylint, semgrep and fixit, run beside poollint in turn. `--small` makes everything a
fiftieth of its size, to see that it runs; `--runs N` is how often each counts. `--yaml FOLDER`
audits the first 5,000 YAML files of the checkouts below a folder as well.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from poollint.catalog.merged import drivers
from poollint.reading.screen import may_matter
from tests.bench.speed import trees
from tests.bench.speed.measuring import POOLLINT, Taken, in_turn, median, table, taken

RULES = Path(__file__).parents[1] / "peers" / "semgrep.yaml"
EVENTS = Path(__file__).with_name("events.py")
_USING = (b"get_conn", b"transaction.atomic", b"create_engine(", b"connect(dsn")
_ASIDE = frozenset({"tests", "test", "migrations"})


def peers() -> dict[str, tuple[str, ...]]:
    """Return the commands of other linters that are installed, each with one rule."""
    known = {
        "ruff": ("ruff", "check", "--isolated", "--select=SIM115", "--no-cache", "-q", "."),
        "pylint": ("pylint", "--disable=all", "--enable=consider-using-with", "--recursive=y", "."),
        "semgrep": ("semgrep", "scan", "--metrics=off", "-q", "--config", str(RULES), "."),
        "fixit": ("fixit", "--rules", "fixit.rules:UseFstring", "lint", "."),
    }
    beside = Path(sys.executable).parent
    found = {}
    for name, (program, *rest) in known.items():
        path = shutil.which(program, path=str(beside)) or shutil.which(program)
        if path:
            found[name] = (path, *rest)
    return found


def against_peers(tree: Path, cache: Path, runs: int) -> Iterator[str]:
    """Cold and warm beside other linters, and one file."""
    others = peers()
    check = (*POOLLINT, "check", "-q")
    if "ruff" not in others:
        yield "ruff is not installed: nothing to compare with"
        return
    cold = {"poollint --no-cache": (*check, "--no-cache", "."), **others}
    yield table(f"cold: {tree.name}", in_turn(cold, tree, cache, runs), "ruff")
    ruff = (*others["ruff"][:-3], "--cache-dir", str(cache / "ruff"), "-q", ".")
    warm = {"poollint": (*check, "."), "ruff, cached": ruff}
    yield table(f"warm: {tree.name}", in_turn(warm, tree, cache, runs), "ruff, cached")
    yield one_file(tree, cache, runs)
    yield edited(tree, cache, runs)


def one_file(tree: Path, cache: Path, runs: int) -> str:
    """One file that was just changed, as in a hook before a commit; the tree itself is only read.

    The first that says nothing of a database, and the first that does something with one.
    """
    files = dict(zip(("poollint, no database", "poollint, database"), _picked(tree), strict=True))
    texts = {path: path.read_bytes() for path in files.values()}
    check = (*POOLLINT, "check", "-q", "--stdin-filename")
    commands: dict[str, tuple[str, ...]] = {
        name: (*check, str(path.relative_to(tree)), "-") for name, path in files.items()
    }
    changed = {name: texts[path] for name, path in files.items()}
    commands["python -c pass"] = (sys.executable, "-c", "pass")
    named = ", ".join(str(path.relative_to(tree)) for path in files.values())
    found = in_turn(commands, tree, cache, runs, changed)
    return table(f"one file of {tree.name} ({named})", found, "python -c pass")


def edited(tree: Path, cache: Path, runs: int) -> str:
    """The whole of a copy of the tree, in which one file was changed since it was checked."""
    check = (*POOLLINT, "check", "-q")
    with tempfile.TemporaryDirectory(prefix="poollint-edited-") as name:
        copy = Path(name).resolve() / tree.name
        shutil.copytree(tree, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        found = in_turn({"nothing remembered": (*check, "--no-cache", ".")}, copy, cache, 1)
        taken((*check, "."), copy, cache)
        for what, path in zip(("no database", "database"), _picked(copy), strict=True):
            every = []
            for run in range(runs):
                with path.open("a") as file:
                    file.write(f"\n# {run}\n")
                every.append(taken((*check, "."), copy, cache))
            found[f"changed: {what}"] = median(every)
    return table(f"one file changed: {tree.name}", found, "nothing remembered")


def _picked(tree: Path) -> tuple[Path, Path]:
    """Return a file that says nothing of a database, and one that does something with one."""
    python = sorted(p for p in tree.rglob("*.py") if not _is_aside(p.relative_to(tree)))
    texts = {path: path.read_bytes() for path in python}
    known = drivers()
    plain = next((p for p in python if texts[p] and not may_matter(texts[p], known)), python[0])
    using = next((p for p in python if any(word in texts[p] for word in _USING)), python[-1])
    return plain, using


def _is_aside(path: Path) -> bool:
    return any(part in _ASIDE or part.startswith(".") for part in path.parts)


def growth(folder: Path, cache: Path, scale: int) -> Iterator[str]:
    """Time and memory by size: ten times as much is to cost about ten times as much."""
    check = (*POOLLINT, "check", "-q", "--no-cache", ".")
    for what, write, sizes in (
        ("files", trees.files, (1_000, 10_000, 100_000)),
        ("lines of one file", trees.long_file, (2_000, 20_000)),  # the longest that is analysed
        ("functions on a chain of calls", trees.chain, (500, 5_000)),
    ):
        before: Taken | None = None
        for size in (max(size // scale, 20) for size in sizes):
            tree = write(folder / f"{write.__name__}-{size}", size)
            one = taken(check, tree, cache)
            times = f"{one.cpu / before.cpu:6.2f} x" if before else " " * 8
            memory = f"peak {one.peak / 1e6:6.0f} MB"
            yield f"{size:>8} {what:<30} cpu {one.cpu:8.2f} s {times}  {memory}"
            shutil.rmtree(tree)
            before = one


def audit(tree: Path, cache: Path, runs: int) -> Iterator[str]:
    """YAML: the audit of a folder beside PyYAML's events of the same files."""
    commands = {
        "poollint audit": (*POOLLINT, "audit", "-q", "--no-cache", "."),
        "PyYAML's C events": (sys.executable, str(EVENTS), "."),
    }
    yield table(f"audit: {tree.name}", in_turn(commands, tree, cache, runs), "PyYAML's C events")


def start(folder: Path, cache: Path, runs: int) -> Iterator[str]:
    """What it takes to say one's version."""
    commands = {
        "poollint --version": (*POOLLINT, "--version"),
        "import click": (sys.executable, "-c", "import click"),
    }
    yield table("start", in_turn(commands, folder, cache, runs), "import click")


def main(arguments: Sequence[str]) -> None:
    """Measure, and print each figure as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.speed", description=__doc__)
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--yaml", action="append", type=Path, default=[])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args(arguments)
    scale = 50 if asked.small else 1
    with tempfile.TemporaryDirectory(prefix="poollint-bench-") as name:
        folder, cache = Path(name).resolve(), Path(name).resolve() / "cache"
        for text in start(folder, cache, asked.runs):
            print(text, flush=True)
        for tree in asked.trees or [trees.files(folder / "shop", 5_000 // scale)]:
            for text in against_peers(tree.resolve(), cache, asked.runs):
                print(text, flush=True)
        yaml = [trees.manifests(folder / "manifests", 5_000 // scale)]
        yaml += [trees.collected(folder / "checkouts", t, 5_000 // scale) for t in asked.yaml]
        for tree in yaml:
            for text in audit(tree, cache, asked.runs):
                print(text, flush=True)
        for text in growth(folder, cache, scale):
            print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
