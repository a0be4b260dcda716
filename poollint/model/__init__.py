"""The vocabulary of poollint: places, numbers, problems, findings and rules."""
