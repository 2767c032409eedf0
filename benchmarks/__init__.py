"""Speed and scale of quadopt, as ratios within one run: `python -m benchmarks`."""
