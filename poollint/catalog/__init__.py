"""What is known, as data: drivers, frameworks, parameters, each with its source."""
