"""Sources into a checked script: segments of wanted resources and of actions. Touches no place."""
