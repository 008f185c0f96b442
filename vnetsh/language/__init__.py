"""Text into phrases and back: scanning, parsing, binding, completion, formatting. Knows no noun."""
