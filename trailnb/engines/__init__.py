"""Other engines: SQL over the events, its text for Athena, and Spark for saving and reading."""
