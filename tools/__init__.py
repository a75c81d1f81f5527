"""What the copilot's model may call: plain functions that read, or note what a person may do; none acts."""
