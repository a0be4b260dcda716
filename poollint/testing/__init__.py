"""For authors of rules: expectations in fixtures, and the pytest plugin that checks them."""
