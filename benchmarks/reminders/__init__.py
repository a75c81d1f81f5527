"""How long a tick of the reminders takes, however many cases there are."""
