"""Pure data → Block Kit, with the texts that people read."""
