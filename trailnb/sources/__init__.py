"""Where logs lie: list objects, hand over bytes."""
