"""What runs, as a script: planning it again changes nothing."""
