"""What runs only once, or not each time, within a function that runs again and again."""
