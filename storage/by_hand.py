"""Where nothing goes out by itself, though people may write."""

BY_HAND = """(NOT v.automatic_ok OR EXISTS (
    SELECT FROM entrances e
    WHERE e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site AND e.public))"""
"""Whether a conversation ``v`` is one of them: a program wrote there last, everybody reads it,
or we began it and nobody has written there yet."""
