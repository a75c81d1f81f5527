"""Latency, throughput and cost of the way customer → thread → customer, beside two reference programs."""
