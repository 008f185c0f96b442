"""A script and a fleet into a plan: what differs, what it costs, in which order. Pure."""
