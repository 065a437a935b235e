"""How a command ends: the exit statuses that scripts and playbooks can rely on."""

from __future__ import annotations

FINE, PROBLEMS, USAGE, FOUND, INTERRUPTED = 0, 1, 2, 3, 130
TOLD = """\
Exit status: 0 when all is well; 1 when log content could not be read, or a place could not be
listed, read or written; 2 when the command cannot be meant; 3 when a report or a playbook has
findings above "note".
"""
