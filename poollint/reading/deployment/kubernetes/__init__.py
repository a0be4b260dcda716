"""Kubernetes: objects, Kustomize, operators' resources, and how many instances there are."""
