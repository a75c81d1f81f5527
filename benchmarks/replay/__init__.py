"""Plays recorded conversations against a running demo and compares what arrived with what was said."""
