"""One step of a case's way per file. A flow never calls the next one: it writes rows."""
