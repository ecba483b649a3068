"""How much the SDK costs beyond the libraries it stands on: `python -m benchmarks`."""
