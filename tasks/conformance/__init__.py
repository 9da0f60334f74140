"""The conformance kit behind `--check`: a task under each vector environment that can run it."""
