"""Programs that hold the product to its promises from outside: they speak to it over the wire only."""
