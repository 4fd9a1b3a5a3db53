"""When a cluster that stands is outgrown, and the most that it carries."""
