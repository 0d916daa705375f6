#!/usr/bin/env bash
# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: hack/kind-e2e.sh [--keep] [--name CLUSTER]
# Installs operator and gateway in a kind cluster as users do, from an image built here, and checks that all replicas come up,
# that the operators agree on one certificate, that a sample is served by both gateways, who may read its route, that the
# gateway lets nobody in who is nobody, and that a rollout of it goes through. The cluster is made, and deleted at the end
# unless it was there before or --keep is given.
#
# Needs Docker, kind and kubectl. Where Docker does not run it says so and exits 0 with a line that begins 'skipped:'; the
# last line of a run that found everything right begins 'passed:'.
set -euo pipefail
cd "$(dirname "$0")/.."

name=sallyport-e2e
keep=false
while (($#)); do
    case "$1" in
        --keep) keep=true ;;
        --name) name="${2:?--name needs the name of a cluster}"; shift ;;
        -h | --help) sed -n '5,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "kind-e2e: '$1' is no option; see --help" >&2; exit 64 ;;
    esac
    shift
done

say() { echo "kind-e2e: $*" >&2; }
fail() { say "FAILED: $*"; exit 1; }

if ! command -v docker >/dev/null; then
    echo "skipped: there is no docker on this machine, so nothing was tested"
    exit 0
fi
if ! timeout 30 docker info >/dev/null 2>&1; then
    echo "skipped: the Docker daemon does not answer on this machine, so nothing was tested"
    exit 0
fi
for tool in kind kubectl openssl curl; do
    command -v "$tool" >/dev/null || fail "Docker runs here, but '$tool' is not on PATH; install it"
done

work=$(mktemp -d)
forward=
forward_gateway=
made=false
finish() {
    local status=$?
    for process in $forward $forward_gateway; do kill "$process" 2>/dev/null || true; done
    if ((status)) && [[ -s "$work/kubeconfig" ]]; then
        say "what there was at the end:"
        kubectl --kubeconfig "$work/kubeconfig" -n sallyport-system get all,lease,configmap >&2 || true
        kubectl --kubeconfig "$work/kubeconfig" -n sallyport-system describe pods >&2 || true
        kubectl --kubeconfig "$work/kubeconfig" -n sallyport-system logs -l app.kubernetes.io/name=sallyport \
            --tail=40 --prefix >&2 || true
    fi
    if $made && ! $keep; then kind delete cluster --name "$name" >&2 || true; fi
    rm -rf "$work"
}
trap finish EXIT

if kind get clusters 2>/dev/null | grep -qx "$name"; then
    say "using the cluster '$name' that is there"
else
    say "making the cluster '$name'"
    made=true
    kind create cluster --name "$name" --wait 180s >&2
fi
# A file of its own: the user's current context stays as it is.
kind get kubeconfig --name "$name" >"$work/kubeconfig"
k() { kubectl --kubeconfig "$work/kubeconfig" "$@"; }
ns() { k -n sallyport-system "$@"; }

# Tries a command until it succeeds, for at most $1 seconds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 1
    done
}

say "building the image"
docker build --tag sallyport:kind-e2e . >&2
kind load docker-image sallyport:kind-e2e --name "$name" >&2

say "installing"
k apply -f crds >&2
k wait --for=condition=Established --timeout=60s crd/mcpservers.mcp.giantswarm.io >&2
k apply -k deploy/kustomize/overlays/kind >&2
if ! ns get secret sallyport-gateway-sessions >/dev/null 2>&1; then
    # By a file, so that no list of processes shows it.
    openssl rand -base64 48 >"$work/key"
    ns create secret generic sallyport-gateway-sessions --from-file=key="$work/key" >&2
fi
for program in operator gateway; do
    ns rollout status "deployment/sallyport-$program" --timeout=300s >&2 || fail "the $program did not become ready"
    [[ "$(ns get deployment "sallyport-$program" -o 'jsonpath={.status.readyReplicas}')" == 2 ]] \
        || fail "not both replicas of the $program are ready"
done

say "checking the certificate that the replicas share"
ns get configmap sallyport-operator-ca -o 'jsonpath={.data.ca\.crt}' >"$work/ca.crt"
ns get secret sallyport-operator-tls -o 'jsonpath={.data.tls\.crt}' | base64 --decode >"$work/tls.crt"
openssl verify -CAfile "$work/ca.crt" -verify_hostname sallyport-operator.sallyport-system.svc "$work/tls.crt" >&2 \
    || fail "the serving certificate is not one of the published authority"

say "applying a sample"
k create namespace team-a --dry-run=client -o yaml | k apply -f - >&2
k apply -f deploy/samples/manifests/wiki.yaml >&2
# Its URL is plain http, which the configuration does not allow: the truth about it is that it is not accepted.
within 60 eval '[[ -n "$(k get mcps wiki -n team-a -o "jsonpath={.status.conditions}")" ]]' || fail "the sample got no status"
k patch mcps wiki -n team-a --type merge -p '{"spec":{"url":"https://wiki.example/mcp"}}' >&2
k wait --for=condition=Accepted --timeout=60s mcps/wiki -n team-a >&2 || fail "the sample is not accepted"
k wait --for=condition=Ready --timeout=60s mcps/wiki -n team-a >&2 || fail "the sample is not served"
[[ "$(k get mcps wiki -n team-a -o 'jsonpath={.status.gateways.programmed}/{.status.gateways.total}')" == 2/2 ]] \
    || fail "not both gateways serve the sample"

say "reading its route as a gateway"
ns port-forward service/sallyport-operator 19443:9443 >"$work/forward.log" 2>&1 &
forward=$!
within 30 grep -q Forwarding "$work/forward.log" || fail "the port was not forwarded: $(cat "$work/forward.log")"
# Prints the HTTP status of a read with the token of a service account for an audience.
read_routes() {
    # The token goes in by a file, so that no list of processes shows it.
    printf 'header = "Authorization: Bearer %s"\n' "$(ns create token "$1" --audience "$2")" >"$work/curl"
    curl --silent --max-time 20 --config "$work/curl" --cacert "$work/ca.crt" --output "$work/routes" --write-out '%{http_code}' \
        --connect-to "sallyport-operator.sallyport-system.svc:9443:127.0.0.1:19443" \
        https://sallyport-operator.sallyport-system.svc:9443/v1/routes || true
}
status=$(read_routes sallyport-gateway sallyport-operator)
[[ "$status" == 200 ]] || fail "the gateway's token got $status and not 200"
grep -q '"key":"team-a/wiki"' "$work/routes" || fail "the sample's route is not in what a gateway reads"
grep -q '"type":"SYNCED"' "$work/routes" || fail "the list of routes did not end"
status=$(read_routes sallyport-gateway https://kubernetes.default.svc)
[[ "$status" == 401 ]] || fail "a token for another audience got $status and not 401"
status=$(read_routes default sallyport-operator)
[[ "$status" == 403 ]] || fail "another service account got $status and not 403"

say "calling the gateway"
ns port-forward service/sallyport-gateway 18080:8080 >"$work/forward-gateway.log" 2>&1 &
forward_gateway=$!
within 30 grep -q Forwarding "$work/forward-gateway.log" || fail "the port was not forwarded: $(cat "$work/forward-gateway.log")"
status=$(curl --silent --max-time 20 --output "$work/answer" --write-out '%{http_code}' --header 'Host: mcp.corp.example' \
    --request POST http://127.0.0.1:18080/servers/team-a/wiki/mcp || true)
[[ "$status" == 401 ]] || fail "a caller without a token got $status and not 401"
ns rollout restart deployment/sallyport-gateway >&2
ns rollout status deployment/sallyport-gateway --timeout=300s >&2 || fail "the rollout of the gateway did not go through"
k wait --for=condition=Ready --timeout=60s mcps/wiki -n team-a >&2 || fail "the sample is not served after the rollout"

k get mcps --all-namespaces
ns get pods,lease
echo "passed: two replicas each, one certificate, a sample served by both gateways and read by nobody else"
