"""A mail provider and a telephone company on this machine, for the customers of the demo."""
