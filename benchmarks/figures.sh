#!/usr/bin/env bash
# Takes all figures of docs/benchmarks.md anew and puts them there: on an otherwise idle machine an hour,
# and two to four hours for the race.
# bash benchmarks/figures.sh [a checkout of CleanRL]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=benchmarks/results
python benchmarks/training_speed.py ${1:+--cleanrl "$1"} --json $results/training.json
python benchmarks/sac_speed.py --json $results/sac.json
python benchmarks/race.py ${1:+--cleanrl "$1"} --json $results/race.json
python benchmarks/throughput.py --rounds 15 --json $results/cartpole.json
python benchmarks/throughput.py --env HalfCheetah-v5 --num-envs 16 --rounds 9 --seconds 3 --json $results/halfcheetah.json
python benchmarks/throughput.py --env Pong --num-envs 8 --json $results/pong.json
# The picture. A row of one-process-per-environment contestants takes minutes to start at 1,024.
few=(--rounds 3 --skip rl_games,bare_all,pufferlib_half)
python benchmarks/throughput.py "${few[@]}" --num-envs 1,4,16,64,256,1024 --json $results/sweep_cartpole.json
python benchmarks/throughput.py "${few[@]}" --env HalfCheetah-v5 --num-envs 1,4,16,64,256 \
  --json $results/sweep_halfcheetah.json
python benchmarks/throughput.py "${few[@]}" --env Pong --num-envs 1,4,16,64 --json $results/sweep_pong.json
python benchmarks/render.py --plot
