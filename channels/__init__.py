"""How customers reach us: each channel parses and verifies what comes in, and shapes what goes out."""
