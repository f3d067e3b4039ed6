#!/usr/bin/env bash
# Makes the keys and certificates of an installation that Helm does not make them for, into files beside this script, once: what
# is there already is kept. Then: kubectl apply -k config/secrets. Keep the folder secret, and out of the repository.
# ROTATE=hmac makes a new key for keyed hashes, and keeps the one before for whoever reads what was recorded with it.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
namespace=${1:-fourthlog-system}
days=${DAYS:-3650}

key() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" 2>/dev/null; }

if [ ! -e ca.key ]; then
  key ca.key
  openssl req -x509 -key ca.key -sha256 -days "$days" -subj /CN=fourthlog -out ca.crt
fi

certificate() { # NAME COMMON_NAME [ALTERNATIVE_NAMES]: signed by the authority
  [ ! -e "$1.crt" ] || return 0
  key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days "$days" -out "$1.crt" \
      -extfile <(echo "extendedKeyUsage=serverAuth,clientAuth"; [ -z "${3:-}" ] || echo "subjectAltName=$3") 2>/dev/null
}

certificate trail trail "IP:127.0.0.1,DNS:localhost,DNS:trail,DNS:trail.$namespace,DNS:trail.$namespace.svc,DNS:trail.$namespace.svc.cluster.local"
certificate reader reader:default

touch hmac.retired
if [ "${ROTATE:-}" = hmac ] && [ -e hmac.key ]; then
  echo "$(<hmac.key-id) $(base64 -w 0 hmac.key)" >>hmac.retired
  rm hmac.key
fi
if [ ! -e hmac.key ]; then
  openssl rand -hex 4 | tr -d '\n' >hmac.key-id
  openssl rand -out hmac.key 32
fi
