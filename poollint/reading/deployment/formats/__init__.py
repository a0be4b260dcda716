"""The sorts of files that describe what a platform runs, one module each."""

from poollint.reading.deployment.environments import Format

FORMATS: tuple[Format, ...] = ()
