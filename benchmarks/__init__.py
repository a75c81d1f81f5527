"""Measurements and drills, each its own program that speaks to a running demo over the wire."""
