"""Mail's edge: mailboxes are read over IMAP, and ours are handed in over SMTP."""
