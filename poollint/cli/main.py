"""The commands, each imported when it is asked for, and what becomes of errors."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NoReturn

import click

from poollint import __version__
from poollint.cli.streams import talk
from poollint.engine.collecting import collect_seldom
from poollint.engine.compiling import patterns_compiled_late
from poollint.engine.loading import modules_loaded_late
from poollint.engine.making import methods_made_late

# Exit codes. 3 beats 1: findings of a run that did not do its job are not the whole story.
CLEAN, FOUND, USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130

_COMMANDS = ("check", "audit", "explain", "rules", "cache", "sweep")
_DEFAULT = ""  # no path a person can type: the command where none is named


class _Unnamed(click.Context):
    """The context of the default command, which is called as the program is."""

    @property
    def command_path(self) -> str:
        """Return the words of the usage line."""
        return self.parent.command_path if self.parent else ""


class Default(click.Command):
    """The command where none is named."""

    context_class = _Unnamed


class Commands(click.Group):
    """A group with a default command: `poollint PATH` is check and audit in one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names for `--help` and completion."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name == _DEFAULT:
            module, name = "poollint.cli.check", "both"
        elif cmd_name in _COMMANDS:
            module, name = f"poollint.cli.{cmd_name}", cmd_name
        else:
            return None
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of arguments that name none."""
        if not args or args[0] not in (*_COMMANDS, "--help", "-h", "--version"):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; the default one adds no word to the usage line."""
        name, command, rest = super().resolve_command(ctx, args)
        return name or None, command, rest

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run, and exit with one of the codes above."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        with ExitStack() as ours:
            if args is None:  # the process is ours
                collect_seldom()
                ours.enter_context(methods_made_late())
                ours.enter_context(patterns_compiled_late())
                ours.enter_context(modules_loaded_late())
            code = _code(lambda: super(Commands, self).main(arguments, *rest, **extra), arguments)
        sys.exit(code)


def _code(run: Callable[[], Any], arguments: list[str]) -> int:
    from poollint.model.usage import UsageError  # with dataclasses, whose methods are made late

    try:
        return int(run() or CLEAN)
    except UsageError as error:
        from poollint.cli.frame import shown

        talk(shown(error))
        return USAGE
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        return CLEAN  # click's answer to a pipe that was closed while it printed its help
    # The last line of defence: a traceback would end with 1, which means findings.
    except Exception as error:
        if "--debug" in arguments:
            import traceback  # with what it imports, a tenth of a short run

            traceback.print_exc()
        talk(_apology(error))
        return FAILED


def _apology(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"poollint failed: {error.strerror or type(error).__name__}\n"
    return (
        f"poollint failed: {type(error).__name__}\n"
        f"This is a bug in poollint {__version__}. "
        "Please report it with the output of the same command with `--debug`.\n"
    )


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[OPTIONS] [PATHS]...",
    subcommand_metavar="",
    epilog="Without a command: check and audit, one report. Options: `poollint check --help`.",
)
@click.version_option(__version__, message="poollint %(version)s")
def main() -> None:
    """Find connection leaks and pool mistakes before PostgreSQL does."""
