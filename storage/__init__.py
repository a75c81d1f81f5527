"""Rows, queries, units of work, migrations and the reading of config files. Queries live only here."""
