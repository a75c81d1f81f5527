"""The local model server, as tests know it."""

from benchmarks.model_server.serving import ModelServer, model_server

__all__ = ["ModelServer", "model_server"]
