"""Where a run's numbers go: the screen, metrics.jsonl and TensorBoard. Reporters read; they never train."""
