"""Reference programs: the same job done in the simplest and in the usual way. They may lose messages."""
