"""``cx bench desk``: a working day's busiest minutes at many agents' desks."""
