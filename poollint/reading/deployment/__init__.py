"""What is deployed: manifests, images, commands, and the topology they make."""
