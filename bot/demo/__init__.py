"""``cx demo``: everything on one machine, supervised, without an account anywhere."""
