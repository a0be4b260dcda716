"""What runs together: workloads, pools, poolers and servers joined, environment by environment."""
