"""What the user decides: settings files, `--assume`, which rules run where."""
