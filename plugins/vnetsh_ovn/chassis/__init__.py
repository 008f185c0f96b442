"""Hosts as chassis: what their own Open vSwitch says to ovn-controller."""
