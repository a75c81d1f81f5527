"""What comes from Slack: acknowledge, parse, one call."""
