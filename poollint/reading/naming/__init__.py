"""What names and expressions mean, in one file and across files."""
