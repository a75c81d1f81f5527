"""What the copilot's model may call: plain functions that read, and such that propose; none that acts."""
