"""How the model does against measurements and real deployments."""
