"""A local Slack workspace in its own process: Web API, Socket Mode, people to act as, and faults to order.

It imports nothing of the product and nothing of the product imports it; the two meet only on the wire.
Start it with ``python -m sandbox``.
"""
