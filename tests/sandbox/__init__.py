"""Tests of the local Slack workspace, over the wire only."""
