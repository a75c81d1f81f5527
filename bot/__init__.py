"""Slack's edge, and the only place where things are wired."""
