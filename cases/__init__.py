"""The words and rules of the field: no I/O, the standard library and Babel only."""
