"""What files have from each other."""
