"""One file per `/cx` word; dispatch and help are made from one table."""
