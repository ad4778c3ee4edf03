"""What the store costs, against bounds measured in the same run.

A rate by itself says more about the machine than about the program. So each figure stands beside
what the machine can do at best: an empty handler on the same server, a plain insert of the same
rows, a bare read of the same columns. The ratio is what the targets are about.
"""
