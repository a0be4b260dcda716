"""Files: which there are, their bytes, and what is known of them."""
