"""What frameworks call, and what runs again and again because of it."""
