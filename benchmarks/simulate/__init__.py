"""A scripted week: many cases, people early, late and silent, and each reminder held against an oracle."""
