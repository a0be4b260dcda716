"""Files of charts that are no objects by themselves: `Chart.yaml`, and values."""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment import manifest
from poollint.reading.deployment.ansible import required
from poollint.reading.deployment.helm import settings
from poollint.reading.deployment.helm.charts import ChartFile, is_chart_file
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import yaml

NAME = "chart"
_NAME = re.compile(r"(?:values[^/]*|Chart|requirements)\.ya?ml$")


def _screen(data: bytes, options: Options) -> bool:
    return b":" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    if source.path.endswith(".tpl"):
        return FileReading(source.path, NAME, documents=(ChartFile(source),))
    if required.suits(source):
        found = required.read(source)
        return FileReading(source.path, NAME, documents=(found,) if found else ())
    if not _NAME.search(source.path) and manifest.SCREEN.declares(source.text, source.path):
        return manifest.READER.read(source, options)  # only its folder is called like one of values
    told = settings.of_values(source, options)
    return FileReading(
        source.path,
        NAME,
        configurations=told.configurations,
        documents=(ChartFile(source),),
        unread=(*told.unread, *_unread(source)),
    )


def _unread(source: SourceFile) -> tuple[Unreadable, ...]:
    """Return why a file says nothing; no fault is told, for it may be no chart's."""
    return tuple(replace(one, broken=False) for one in yaml.read(source).unread)


READER = Reader(NAME, python=False, claims=is_chart_file, screen=_screen, read=_read)
