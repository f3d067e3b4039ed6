#!/usr/bin/env bash
# Speed and accuracy of the redaction engine beside its peers, each with its own rules, on the same text in one run. A peer that cannot be
# installed is left out, and said so.
set -euo pipefail
work=$1
hyperscan=5.4.12-2.0.4
gitleaks=v8.30.1

java() { "$BENCH_JAVA" -Xmx1g --enable-native-access=ALL-UNNAMED -cp "$BENCH_CLASSPATH" "$@"; }

java --add-modules jdk.incubator.vector io.fourthlog.bench.redaction.RedactionSpeed "$work"
java io.fourthlog.bench.redaction.RedactionSpeed "$work" scalar

library=$BENCH_CACHE/libhs-$hyperscan.so
fetch_hyperscan() {
  scripts/mvn.sh -q dependency:get -Dtransitive=false -Dartifact="com.gliwka.hyperscan:native:$hyperscan:jar:linux-x86_64" &&
    unzip -o -q -p "$HOME/.m2/repository/com/gliwka/hyperscan/native/$hyperscan/native-$hyperscan-linux-x86_64.jar" \
      com/gliwka/hyperscan/jni/linux-x86_64/libhs.so >"$work/libhs.so" &&
    mv "$work/libhs.so" "$library"
}
[ -f "$library" ] || fetch_hyperscan || echo "bench: Hyperscan could not be had"
if [ -f "$library" ]; then
  java io.fourthlog.bench.redaction.HyperscanPeer "$library" "$work/mixed.txt" | sed 's/^/hyperscan /' | tee "$work/hyperscan.txt"
fi

peers=$BENCH_CACHE/peers
mkdir -p "$peers"
[ -x "$peers/gitleaks" ] || GOBIN=$peers go install "github.com/zricethezav/gitleaks/v8@$gitleaks" || echo "bench: gitleaks could not be built"
[ -d "$peers/venv" ] || { python3 -m venv "$peers/venv" && "$peers/venv/bin/pip" -q install detect-secrets==1.5.0 presidio-analyzer==2.2.366; } || echo "bench: detect-secrets and presidio could not be installed"
[ -d "$peers/node_modules" ] || npm install --silent --prefix "$peers" secretlint @secretlint/secretlint-rule-preset-recommend || echo "bench: secretlint could not be installed"
bench/accuracy/peers.py "$peers" "$work"

bench/accuracy/generate.py >"$work/corpus.jsonl"
java io.fourthlog.bench.redaction.Accuracy "$work/corpus.jsonl" "$work/accuracy.txt"
java io.fourthlog.bench.redaction.PromptConfusion bench/accuracy/prompts.txt "$work/prompts.txt"
bench/accuracy/figures.py "$work" >"$work/figures.json"
