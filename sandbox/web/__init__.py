"""The HTTP side: the Web API, the page, the control side."""
