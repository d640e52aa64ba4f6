#!/usr/bin/env bash
# Makes docs/report.png, which README shows, from a real run. It needs chromium and chromedriver.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo build --release --quiet
prun=${CARGO_TARGET_DIR:-target}/release/prun

cat >"$folder/jobs.txt" <<'JOBS'
source: head -c 60000000 /dev/urandom > source && wc -c source
gzip: sleep 0.3; head -c 30000000 source 2>/dev/null | gzip -6 > a.gz
sums: until [ -e source ]; do sleep 0.01; done; sha256sum source
lint: python3 -c 'print("\033[1mlint.py:7:\033[0m \033[33mwarning\033[0m: unused variable \033[36mx\033[0m"); print("\033[1mlint.py:9:\033[0m \033[31merror\033[0m: name \033[36my\033[0m is not defined"); exit(1)'
sort: python3 -c 'import random; sorted(random.random() for _ in range(1500000))'
primes: python3 -c 'n = 2000000; s = bytearray([1]) * n; [s.__setitem__(slice(i*i, n, i), bytes(len(range(i*i, n, i)))) for i in range(2, 1415) if s[i]]; print(sum(s) - 2)'
docs: sleep 0.8; printf 'written\n'
slow: sleep 30
flaky: test -e again || { touch again; echo 'connection reset' >&2; exit 7; }
JOBS
"$prun" -j3 -C "$folder" -t 2 --grace 0.2 --retries 1 --retry-delay 0.4 -f "$folder/jobs.txt" \
  --report "$folder/run.html" >/dev/null 2>&1 || true
python3 tests/it/readers/browser.py "$folder/run.html" looks "$folder"
cp "$folder/report-light.png" docs/report.png
