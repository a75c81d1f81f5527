"""Holds the local Slack workspace to what the unmodified slack_sdk and Bolt rely on, one line each."""
