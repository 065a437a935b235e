"""A trail as Parquet with its ledger: plain parts, each telling which log files it holds."""
