"""What the copilot's model may call: plain functions that read rows of their own case; none that acts."""
