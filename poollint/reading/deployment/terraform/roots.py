"""Where people apply Terraform: folders that no module calls, with each set of values.

Source: hashicorp/terraform, docs/language/values/variables and modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.terraform.files import TerraformFile
from poollint.reading.deployment.terraform.modules import Module
from poollint.reading.deployment.terraform.values import Values
from poollint.syntax import hcl
from poollint.syntax.yaml import Node

# What the backends s3, gcs and azurerm are told, that hold the state.
_STATE = frozenset(("bucket", "key", "dynamodb_table", "use_lockfile", "storage_account_name",
                    "container_name", "workspace_key_prefix"))  # fmt: skip
_OWN = ("terraform.tfvars", "terraform.tfvars.json")


@dataclass(frozen=True, slots=True)
class Root:
    """A module that nobody calls, with the values of one environment: those of `given`, files."""

    module: Module
    scope: str
    path: str
    given: tuple[str, ...] = ()


def roots(
    files: Iterable[TerraformFile], texts: Mapping[str, SourceFile] | None = None
) -> Iterator[Root]:
    """Yield what people apply: each folder that no module calls, once for each set of values."""
    folders: dict[str, tuple[TerraformFile, ...]] = {}
    for file in files:
        folders[file.folder] = (*folders.get(file.folder, ()), file)
    called = {
        folder
        for home, members in folders.items()
        for file in members
        for block in file.body.of("module")
        for folder in _local(home, block)
    }
    for folder, members in sorted(folders.items()):
        if folder in called or all(file.gives_values for file in members):
            continue
        yield from _of_folder(folder, folders, texts or {})


def _local(home: str, block: hcl.Block) -> Iterator[str]:
    source = block.body.get("source")
    text = source.text if isinstance(source, hcl.Constant) else ""
    if text.startswith("."):
        folder = normpath(join(home, text))
        yield "" if folder == "." else folder


def _of_folder(
    folder: str,
    folders: Mapping[str, tuple[TerraformFile, ...]],
    texts: Mapping[str, SourceFile],
) -> Iterator[Root]:
    inside = [f for f in folders[folder] if f.gives_values]
    always = sorted((f for f in inside if is_loaded(f.source.path)), key=_turn)
    chosen = [f for f in inside if f not in always]
    for home, others in sorted(folders.items()):
        if all(f.gives_values for f in others) and _owner(home, folders) == folder:
            chosen += others
    chosen = [file for file in chosen if _is_of_variables(file, folders[folder])]
    path = next(f.source.path for f in folders[folder] if not f.gives_values)
    sets = [[*always, file] for file in chosen] or [always]
    for files in sets:
        inputs: dict[str, Node] = {}
        for file in files:
            for attribute in file.body.attributes:
                value = Values(lambda steps: None).of(attribute.value)
                if value is not None:
                    inputs[attribute.name] = value
        named = bool(chosen) and len(sets) > 1
        scope = files[-1].source.path if named else folder
        module = Module(folder, folders, inputs, texts=texts, top=folder)
        yield Root(module, scope, scope if named else path, tuple(f.source.path for f in files))


def _is_of_variables(file: TerraformFile, members: tuple[TerraformFile, ...]) -> bool:
    """Tell whether a file gives variables of a module, and is not for `terraform init`.

    `-backend-config=prod.tfvars`: what holds the state, which is no variable.
    """
    known = {name for one in members for block in one.body.of("variable") for name in block.labels}
    given = {attribute.name for attribute in file.body.attributes}
    if not _STATE.isdisjoint(given - known):
        return False
    return not (known and given) or not known.isdisjoint(given)


def _owner(home: str, folders: Mapping[str, tuple[TerraformFile, ...]]) -> str | None:
    """Return the nearest folder above that holds a module, None where none does."""
    while home:
        home = dirname(home)
        if any(not file.gives_values for file in folders.get(home, ())):
            return home
    return None


def is_loaded(path: str) -> bool:
    """Tell whether Terraform loads a file of values by itself."""
    own = basename(path) in _OWN
    return own or path.endswith((".auto.tfvars", ".auto.tfvars.json"))


def _turn(file: TerraformFile) -> tuple[bool, str]:
    """Return what orders the files that Terraform loads: `terraform.tfvars` first, then by name."""
    name = basename(file.source.path)
    return name not in _OWN, name
