"""The copilot: with a model where there is one, else from stored facts; it says which."""
