"""What frameworks and decorators hand to functions, and what applications keep for them."""
