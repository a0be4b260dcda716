"""Processes: what each loads, what it leaves open, what its children inherit."""
