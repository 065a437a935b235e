"""What the user knows about addresses: whose networks they lie in, and where; all of it offline."""
