"""The offers of the registry with their options, limits, meters and ages of prices."""
