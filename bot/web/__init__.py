"""HTTP: the customers' web chat, health, metrics, and the demo's shop page."""
