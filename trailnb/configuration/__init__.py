"""Which trails an account has, how well they are kept, and a new one: planned, then applied."""
