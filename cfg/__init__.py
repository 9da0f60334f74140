"""Values and their one judgement. Knows neither torch, Ray nor an environment; importing it loads nothing."""
