"""The page of a fleet, live: a small server, what it tells pages, and what they may ask of it."""
