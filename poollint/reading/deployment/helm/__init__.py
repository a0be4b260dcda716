"""Helm charts of the tree, as far as their values tell without rendering them."""
