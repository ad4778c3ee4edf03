"""What an insider may do to a log, and what finds it; ``python -m tests.tampering`` prints that.

The insider has all rights on the database, takes its triggers away first, and knows how the store
computes what it keeps. What is kept elsewhere (the file of checkpoints, a remembered checkpoint,
the signature of a witness) is out of reach.
"""
