"""Proof: the Merkle tree over the log, its signed checkpoints, and what an auditor does with them."""
