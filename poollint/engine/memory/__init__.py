"""What is remembered from run to run, and what makes it worthless."""
