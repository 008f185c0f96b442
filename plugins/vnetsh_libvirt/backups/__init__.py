"""Backups: copies of VMs in pools, made while they run or are off, seen, restored, removed."""
