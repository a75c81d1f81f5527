"""Messages go on while the model is of no use (`cx bench outage`)."""
