"""The copilot. In this version it needs no model: it speaks from stored facts, and says so."""
