"""Nothing lost, nothing twice: players, faults, restarts, kills, and a report.

`python -m benchmarks.soak` runs it; `--help` shows how to make it smaller.
"""
