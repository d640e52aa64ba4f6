#!/usr/bin/env bash
# Makes docs/screen.svg, which README shows: a terminal in the midst of a real run. It needs tmux and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'tmux -L prun-screen kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT
cargo build --release --quiet
prun=$(realpath "${CARGO_TARGET_DIR:-target}/release/prun")
ln -s "$prun" "$folder/prun"

cat >"$folder/jobs.txt" <<'JOBS'
lint: sleep 0.6; printf 'lint.py:9: \033[31merror\033[0m: name \033[36my\033[0m is not defined\n'; exit 1
docs: sleep 1.1; echo 'written to target/doc'
unit: for i in $(seq 40); do echo "test $i of 40 ... ok"; sleep 0.1; done
api: for i in $(seq 9); do echo "Compiling part $i of 9"; sleep 0.4; done
web: echo 'bundling main.js'; sleep 4
JOBS
tmux -L prun-screen -f /dev/null new-session -d -x 78 -y 16 -c "$folder" \
  "env -i PATH=$folder:/usr/bin:/bin TERM=xterm-256color PS1='\$ ' bash --norc --noprofile -i"
tmux -L prun-screen send-keys clear Enter
sleep 0.3
tmux -L prun-screen send-keys 'prun -j5 -f jobs.txt' Enter
sleep 2.4
tmux -L prun-screen capture-pane -p -e | python3 docs/screen.py >docs/screen.svg
