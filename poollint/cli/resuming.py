"""A report that grows line by line, and that a later run goes on with."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

from poollint.cli.output import write_bytes
from poollint.model.usage import UsageError
from poollint.report.lines import Line, read


@dataclass(slots=True)
class Kept:
    """The report as it lies in the file: the last line of each repository counts."""

    path: str
    lines: dict[str, Line] = field(default_factory=dict)
    stale: bool = False  # a repository has more than one line
    torn: bool = False  # the last line was not whole

    def load(self) -> None:
        """Read what an earlier run has written, and cut off what is not whole."""
        try:
            with open(self.path, "rb+") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise UsageError(f"`{self.path}` in `--output` is no file")
                whole = self._read(stream)
                if self.torn:
                    stream.truncate(whole)
        except FileNotFoundError:
            if not os.path.isdir(os.path.dirname(os.path.abspath(self.path))):
                raise UsageError(f"no such folder for `{self.path}` in `--output`") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UsageError(f"`{self.path}` cannot be written: {reason}") from error

    def _read(self, stream: Iterable[bytes]) -> int:
        """Return how many bytes are whole lines."""
        whole = 0
        for text in stream:
            known = read(text) if text.endswith(b"\n") else None
            if known is None and text.endswith(b"\n"):
                hint = "name another file, or remove it"
                raise UsageError(f"`{self.path}` is no report of a sweep", hint)
            if known is None:
                self.torn = True
                break
            whole += len(text)
            self._note(known)
        return whole

    def _note(self, known: Line) -> None:
        self.stale |= known.repository in self.lines
        self.lines[known.repository] = known

    def add(self, text: str) -> Line:
        """Write the line of a repository: whole, before the next one is begun."""
        with open(self.path, "ab") as stream:
            stream.write(text.encode())
        known = read(text)
        assert known is not None
        self._note(known)
        return known

    def tidy(self) -> None:
        """Remove the lines of repositories that have a later one."""
        if not self.stale:
            return
        kept: dict[str, bytes] = {}
        with open(self.path, "rb") as stream:
            for text in stream:
                known = read(text)
                if known is not None:
                    kept[known.repository] = text
        write_bytes(self.path, b"".join(kept.values()))
