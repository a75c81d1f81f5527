"""``cx eval``: how well the copilot does its tasks, on task sets with known answers.

Unlike the other benchmarks it calls the product's own functions: what is measured is what they return.
"""
