"""Kill -9 under load: what was acknowledged and then lost, and how soon it is back."""
