"""What files of other languages' frameworks state of connection pools, and who runs them."""
