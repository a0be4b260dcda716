"""Images: which file builds one, and what it starts and sets."""
