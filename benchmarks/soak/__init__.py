"""Never lost, never twice: players, troubles, restarts and kills, and then the counting.

`python -m benchmarks.soak` runs it; `--help` shows how to make it smaller.
"""
