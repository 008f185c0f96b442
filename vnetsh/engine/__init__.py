"""What touches the places: looks at them, makes changes, verifies, takes back, and reports."""
