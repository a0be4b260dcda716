"""Rules about one value that is wrong by itself."""
