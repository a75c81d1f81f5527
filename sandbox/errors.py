"""What can go wrong, by whom it is read: the app's developer, a person in the workspace, the operator."""

from typing import Any


class SandboxError(Exception):
    """The sandbox refuses."""


class StartError(SandboxError):
    """The sandbox cannot start; the text is one sentence for the operator."""


class ApiError(SandboxError):
    """A Web API method answers ``{"ok": false, "error": code, …extra}`` (HTTP 200, as Slack does)."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        return {"ok": False, "error": self.code, **self.extra}


class InvalidBlocks(ApiError):
    """Blocks of a message do not have the shape Slack accepts."""

    def __init__(self, problems: list[str]) -> None:
        messages = [f"[ERROR] {problem}" for problem in problems]
        super().__init__("invalid_blocks", errors=problems, response_metadata={"messages": messages})


class InvalidArguments(ApiError):
    """An argument is missing or a view does not have the shape Slack accepts."""

    def __init__(self, problems: list[str]) -> None:
        messages = [f"[ERROR] {problem}" for problem in problems]
        super().__init__("invalid_arguments", response_metadata={"messages": messages})


class ActError(SandboxError):
    """What a person tried in the workspace does not work; `code` is what the page shows."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class NotDelivered(SandboxError):
    """The app took no interaction.

    `dispatch_failed` (nobody there), `operation_timeout` (no ack), `http_service_error` (an HTTP error).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
