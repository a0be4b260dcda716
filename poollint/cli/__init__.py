"""The command line: the only part that touches streams, clock, environment and exit code."""
