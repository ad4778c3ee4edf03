"""The commands of ``lrs``, one module for each group."""
