"""An investigation on the table: its trail, answers, findings, notes and stars."""
