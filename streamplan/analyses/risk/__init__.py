"""What a budget may become under uncertain inputs."""
