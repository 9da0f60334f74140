"""Stock rl_games YAMLs, run unchanged: read, translated into rlgx's own keys, every difference noted."""
