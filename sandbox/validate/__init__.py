"""Refuses blocks and views that Slack refuses, in Slack's words with a JSON pointer to the place."""
