"""cloud-init's NoCloud in small: a seed becomes a shell script. It runs in the guest, on Python's minimal library."""
