"""Migrations of the read tables; ``python -m lrs.migrations 'what changes'`` writes the next."""
