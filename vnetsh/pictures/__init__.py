"""The fleet drawn: what there is as boxes and lines, where each lies, and the formats of pictures."""
