#!/usr/bin/env bash
# Records helpdesk.capture again: our own sensor watches the demo's agent, in the agent's image, talk to the demo's model. As root,
# while `KEEP=1 make demo` is up: the policy is taken from there. What it records is of invented people.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/versions.sh
DEMO_DIR=${DEMO_DIR:-/var/lib/fourthlog-demo}
PORT=28443
work=$(mktemp -d)
model=
trap '[ -z "$model" ] || kill "$model"; rm -rf "$work"' EXIT

kubectl() { "$KUBE_BIN_DIR/kubectl" --kubeconfig "$DEMO_DIR/cluster/admin.kubeconfig" -n fourthlog-system "$@"; }
digest=$(kubectl get daemonset sensor-support -o jsonpath='{.metadata.annotations.fourthlog\.io/config-digest}')
kubectl get configmaps -o json | python3 -c '
import hashlib, json, sys
for item in json.load(sys.stdin)["items"]:
    for text in (item.get("data") or {}).values():
        if "sha256:" + hashlib.sha256(text.encode()).hexdigest() == sys.argv[1]:
            sys.stdout.write(text)
' "$digest" >"$work/config.json"
[ -s "$work/config.json" ] || { echo "record: no config with digest $digest" >&2; exit 1; }

root() { # IMAGE FOLDER: the layers of an image of dist/images/demo.tar, one over the other
  python3 - "$1" "$2" <<'P'
import io, json, sys, tarfile
with tarfile.open("dist/images/demo.tar") as images:
    for image in json.load(images.extractfile("manifest.json")):
        if image["RepoTags"][0].startswith(sys.argv[1] + ":"):
            for layer in image["Layers"]:
                with tarfile.open(fileobj=io.BytesIO(images.extractfile(layer).read())) as files:
                    files.extractall(sys.argv[2], filter="fully_trusted")
            print(json.dumps(json.loads(images.extractfile(image["Config"]).read())["config"]))
P
}
entry() { python3 -c 'import json, sys; c = json.loads(sys.argv[1]); print(*(c.get("Entrypoint") or []), *(c.get("Cmd") or []))' "$1"; }

mkdir -p "$work/agent" "$work/model"
agent=$(entry "$(root localhost/demo-agent "$work/agent")")
server=$(entry "$(root localhost/demo-model "$work/model")")

mkdir -p "$work"/agent/{input,data,etc/secrets,dev} "$work"/model/{input,dev}
for folder in agent model; do mknod "$work/$folder/dev/null" c 1 3; mknod "$work/$folder/dev/urandom" c 1 9; done
echo "127.0.0.1 localhost" | tee "$work/agent/etc/hosts" >"$work/model/etc/hosts"
echo "Please sum up the open cases in /data/customers.csv for the weekly report." >"$work/agent/input/customers.txt"
echo "sk-proj-ThisIsNoRealKeyThisIsNoRealKeyThisIsNoRealKey" >"$work/agent/input/api-key"
printf 'id,name,email,card,note\n1,Ada Lovelace,ada.lovelace@example.org,4111 1111 1111 1111,asks for an invoice\n2,Alan Turing,alan.turing@example.org,5500 0055 5555 5559,waits for a refund\n' >"$work/agent/data/customers.csv"
echo "There are two open cases." >"$work/model/input/answer.txt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$work/model/input/model.key" -out "$work/model/input/model.crt" 2>/dev/null
cp "$work/model/input/model.crt" "$work/agent/input/ca.crt"

# shellcheck disable=SC2086 # the entry points are words
env -i PORT=$PORT TLS_CERT=/input/model.crt TLS_KEY=/input/model.key ANSWER_FILE=/input/answer.txt /usr/sbin/chroot "$work/model" $server >"$work/model.log" &
model=$!
until grep -q listening "$work/model.log"; do kill -0 $model; read -rt 0.1 <> <(:) || true; done

scripts/mvn.sh -q test-compile -pl sensor-daemon -am
scripts/mvn.sh -q dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.includeScope=test -pl sensor-daemon -am
# shellcheck disable=SC2086
"$(scripts/java-home.sh)/bin/java" --enable-native-access=ALL-UNNAMED -cp "sensor-daemon/target/test-classes:sensor-daemon/target/classes:$(cat "$work/classpath")" \
  io.fourthlog.sensor.kernel.RecordCapture demo/capture/helpdesk.capture "$work/config.json" helpdesk \
  env -i MODEL=approved-model OPENAI_BASE_URL="https://localhost:$PORT/v1" NODE_EXTRA_CA_CERTS=/input/ca.crt \
  PROMPT_FILE=/input/customers.txt API_KEY_FILE=/input/api-key PATH=/usr/local/bin:/usr/bin:/bin /usr/sbin/chroot "$work/agent" $agent
ls -l demo/capture/helpdesk.capture
