"""How many mails a second become messages of cases, and what each costs."""
