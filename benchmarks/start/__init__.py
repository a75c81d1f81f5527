"""How soon a started program is of use, and what it holds while nobody needs it (`cx bench start`)."""
