#!/usr/bin/env bash
# cluster.sh start|stop|load ARCHIVE|scaling: a cluster of one node, all of it real: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet,
# containerd, runc. `scaling` adds metrics-server and KEDA, which run outside and are registered as aggregated APIs. Servers listen on loopback.
# BIN is the folder of their programs, STATE that of everything they write; KUBECONFIG is $STATE/pki/admin.kubeconfig. As root.
set -euo pipefail
export PATH="$BIN:$PATH" KUBECONFIG=$STATE/pki/admin.kubeconfig
PKI=$STATE/pki API=26443 ETCD=22379 SOCKET=$STATE/containerd.sock
mkdir -p "$STATE"/{log,pid,pki}

# bg NAME COMMAND…: in the background, its output in log/NAME
bg() {
  local name=$1; shift
  setsid nohup "$@" >"$STATE/log/$name" 2>&1 </dev/null &
  echo $! >"$STATE/pid/$name"
}
halt() {
  local pid; pid=$(cat "$STATE/pid/$1" 2>/dev/null) || return 0
  kill -TERM "$pid" 2>/dev/null || { rm "$STATE/pid/$1"; return 0; }
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  rm "$STATE/pid/$1"
}
# within SECONDS COMMAND…: until it succeeds
within() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { echo "not in time: $*" >&2; return 1; }; sleep 0.2; done
}
ctr() { "$BIN/ctr" --address "$SOCKET" --namespace k8s.io "$@"; }

# certificate NAME SUBJECT: for servers and clients
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  printf 'subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 30 -extfile "$1.ext" 2>/dev/null
}
kubeconfig() {
  kubectl config --kubeconfig="$1.kubeconfig" set-cluster c --server="https://127.0.0.1:$API" --certificate-authority=ca.crt --embed-certs >/dev/null
  kubectl config --kubeconfig="$1.kubeconfig" set-credentials u --client-certificate="$1.crt" --client-key="$1.key" --embed-certs >/dev/null
  kubectl config --kubeconfig="$1.kubeconfig" set-context c --cluster=c --user=u >/dev/null
  kubectl config --kubeconfig="$1.kubeconfig" use-context c >/dev/null
}
pki() {
  cd "$PKI"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=ca -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  certificate apiserver /CN=kube-apiserver; certificate front-proxy /CN=front-proxy; certificate kubelet-client /O=system:masters/CN=kubelet-client
  certificate admin /O=system:masters/CN=admin; certificate controllers /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler; certificate node /O=system:nodes/CN=system:node:localhost; certificate keda /CN=keda
  for user in admin controllers scheduler node; do kubeconfig $user; done
}

control_plane() {
  local etcd=http://127.0.0.1:$ETCD peer=http://127.0.0.1:$((ETCD + 1))
  bg etcd etcd --name c --data-dir "$STATE/etcd" --unsafe-no-fsync --listen-client-urls $etcd --advertise-client-urls $etcd \
    --listen-peer-urls $peer --initial-advertise-peer-urls $peer --initial-cluster c=$peer --log-level warn
  bg apiserver kube-apiserver --etcd-servers=$etcd --bind-address=127.0.0.1 --secure-port=$API --advertise-address=127.0.0.1 --endpoint-reconciler-type=none \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --client-ca-file="$PKI/ca.crt" --authorization-mode=Node,RBAC --allow-privileged=true \
    --enable-admission-plugins=NodeRestriction --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/24 --kubelet-preferred-address-types=Hostname \
    --kubelet-client-certificate="$PKI/kubelet-client.crt" --kubelet-client-key="$PKI/kubelet-client.key" --requestheader-client-ca-file="$PKI/ca.crt" \
    --requestheader-allowed-names=front-proxy --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
    --requestheader-username-headers=X-Remote-User --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key"
  within 90 kubectl get --raw /readyz
  # The autoscaler decides every 2 s, and takes a replica away after 5 s, so that a test need not wait for minutes.
  bg controllers kube-controller-manager --kubeconfig="$PKI/controllers.kubeconfig" --authentication-kubeconfig="$PKI/controllers.kubeconfig" \
    --authorization-kubeconfig="$PKI/controllers.kubeconfig" --bind-address=127.0.0.1 --service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
    --use-service-account-credentials --leader-elect=false --horizontal-pod-autoscaler-sync-period=2s --horizontal-pod-autoscaler-downscale-stabilization=5s
  bg scheduler kube-scheduler --kubeconfig="$PKI/scheduler.kubeconfig" --authentication-kubeconfig="$PKI/scheduler.kubeconfig" \
    --authorization-kubeconfig="$PKI/scheduler.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false
  within 40 kubectl get serviceaccount default
}

# An image without a registry: a process that waits for signals.
pause() {
  cd "$STATE"
  cat >pause.c <<'C'
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int s) { exit(0); }
static void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main() { signal(SIGINT, end); signal(SIGTERM, end); signal(SIGCHLD, reap); for (;;) pause(); }
C
  mkdir -p pause
  gcc -Os -static -s -o pause/pause pause.c
  printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' >pause/Containerfile
  buildah build --quiet --isolation chroot --tag localhost/pause:1 pause >/dev/null
  buildah push --quiet localhost/pause:1 "docker-archive:$STATE/pause.tar:localhost/pause:1"
}
containerd_config() {
  cat <<T
version = 3
root = "$STATE/containerd"
state = "$STATE/containerd-state"
[grpc]
  address = "$SOCKET"
[ttrpc]
  address = "$SOCKET.ttrpc"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "localhost/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$STATE/cni"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
      BinaryName = "$(command -v runc)"
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/opt"
T
}
kubelet_config() {
  cat <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: 20250
readOnlyPort: 0
healthzPort: 0
authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: $PKI/ca.crt } }
authorization: { mode: AlwaysAllow }
cgroupDriver: cgroupfs
cgroupsPerQOS: true
enforceNodeAllocatable: [pods]
cgroupRoot: /
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
containerRuntimeEndpoint: unix://$SOCKET
resolvConf: /etc/resolv.conf
clusterDomain: cluster.local
maxOpenFiles: 16384
evictionHard: { memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1% }
imageGCHighThresholdPercent: 100
makeIPTablesUtilChains: false
tlsCertFile: $PKI/node.crt
tlsPrivateKeyFile: $PKI/node.key
featureGates: { KubeletInUserNamespace: true }
shutdownGracePeriod: 0s
Y
}
node() {
  mkdir -p "$STATE/cni" "$STATE/sysctl"
  sysctl -n net.ipv4.ip_forward >"$STATE/ip_forward"
  printf '{"cniVersion":"0.4.0","name":"c","plugins":[{"type":"ptp","ipMasq":false,"ipam":{"type":"host-local","subnet":"10.246.0.0/24","dataDir":"%s/ipam","routes":[{"dst":"0.0.0.0/0"}]}}]}\n' "$STATE" >"$STATE/cni/10.conflist"
  containerd_config >"$STATE/containerd.toml"
  kubelet_config >"$STATE/kubelet.yaml"
  # Both have a mount namespace of their own, so that nothing stays mounted on this machine.
  bg containerd unshare -m --propagation private sh -c "mount --make-rshared / && exec '$BIN/containerd' -c '$STATE/containerd.toml' -l warn"
  within 30 ctr version
  ctr images import "$STATE/pause.tar" >/dev/null
  # These would be set for the whole machine: the kubelet sees files in their place.
  local covers="" setting
  for setting in vm/overcommit_memory:1 vm/panic_on_oom:0 kernel/panic:10 kernel/panic_on_oops:1 kernel/keys/root_maxkeys:1000000 kernel/keys/root_maxbytes:25000000; do
    echo "${setting#*:}" >"$STATE/sysctl/$(basename "${setting%:*}")"
    covers+="mount --bind '$STATE/sysctl/$(basename "${setting%:*}")' /proc/sys/${setting%:*} && "
  done
  bg kubelet nsenter -t "$(cat "$STATE/pid/containerd")" -m unshare -m --propagation unchanged sh -c "mount --make-rprivate /proc && $covers exec '$BIN/kubelet' \
    --config='$STATE/kubelet.yaml' --kubeconfig='$PKI/node.kubeconfig' --root-dir='$STATE/kubelet' --hostname-override=localhost \
    --node-ip=$(hostname -I | awk '{print $1}') --cert-dir='$STATE/kubelet-pki'"
  within 90 kubectl wait --for=condition=Ready node/localhost --timeout=2s
}

# aggregated VERSION GROUP NAMESPACE/SERVICE PORT: an API that a server of this machine answers; a service of the kind ExternalName needs no kube-proxy
aggregated() {
  local namespace=${3%/*} name=${3#*/}
  kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace" >/dev/null
  kubectl apply --filename - >/dev/null <<Y
apiVersion: v1
kind: Service
metadata: { name: $name, namespace: $namespace }
spec: { type: ExternalName, externalName: localhost, ports: [{ port: $4, protocol: TCP }] }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: $1.$2 }
spec: { group: $2, version: $1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: { name: $name, namespace: $namespace, port: $4 } }
Y
}
scaling() {
  bg metrics-server metrics-server --kubeconfig="$KUBECONFIG" --authentication-kubeconfig="$KUBECONFIG" --authorization-kubeconfig="$KUBECONFIG" --secure-port=24443 \
    --bind-address=127.0.0.1 --cert-dir="$STATE/metrics-server" --kubelet-insecure-tls --kubelet-use-node-status-port --kubelet-preferred-address-types=Hostname --metric-resolution=10s --kubelet-request-timeout=5s
  aggregated v1beta1 metrics.k8s.io kube-system/metrics-server 24443
  for file in $KEDA_CRDS; do kubectl apply --server-side --filename "$file" >/dev/null; done
  kubectl create namespace keda >/dev/null
  mkdir -p "$STATE/keda"
  cp "$PKI/ca.crt" "$STATE/keda/ca.crt"; cp "$PKI/keda.crt" "$STATE/keda/tls.crt"; cp "$PKI/keda.key" "$STATE/keda/tls.key"
  export KEDA_CLUSTER_OBJECT_NAMESPACE=keda POD_NAMESPACE=keda POD_NAME=keda WATCH_NAMESPACE=
  bg keda operator --kubeconfig="$KUBECONFIG" --cert-dir="$STATE/keda" --enable-cert-rotation=false --enable-webhook-patching=false --enable-apiservice-patching=false \
    --metrics-service-bind-address=127.0.0.1:29666 --metrics-bind-address=127.0.0.1:29667 --health-probe-bind-address=127.0.0.1:29668
  within 60 curl -fs http://127.0.0.1:29668/readyz
  bg keda-adapter adapter --kubeconfig="$KUBECONFIG" --lister-kubeconfig="$KUBECONFIG" --authentication-kubeconfig="$KUBECONFIG" --authorization-kubeconfig="$KUBECONFIG" \
    --secure-port=26446 --bind-address=127.0.0.1 --client-ca-file="$STATE/keda/ca.crt" --tls-cert-file="$STATE/keda/tls.crt" --tls-private-key-file="$STATE/keda/tls.key" \
    --cert-dir="$STATE/keda" --metrics-service-address=localhost:29666 --port=29669
  aggregated v1beta1 external.metrics.k8s.io keda/keda-metrics-apiserver 26446
  within 60 kubectl get --raw /apis/external.metrics.k8s.io/v1beta1
  within 90 kubectl top node localhost
}

start() { (pki); (pause); control_plane; node; }
load() { ctr images import "$1" >/dev/null; }
stop() {
  # The kubelet ends the pods and gives their addresses back, as far as it still can.
  timeout 90 kubectl delete deployments,pods --all-namespaces --all --cascade=foreground --grace-period=2 >/dev/null 2>&1 || true
  local name
  for name in $(seq 50); do [ -z "$(ctr tasks ls -q 2>/dev/null)" ] && break; sleep 0.2; done
  for name in keda-adapter keda metrics-server kubelet; do halt $name; done
  for name in $(ctr tasks ls -q 2>/dev/null); do ctr tasks rm -f "$name" >/dev/null 2>&1 || true; done
  for name in $(ctr containers ls -q 2>/dev/null); do ctr containers rm "$name" >/dev/null 2>&1 || true; done
  for name in $(ip -oneline address show | awk '$4 == "10.246.0.1/32" { print $2 }'); do ip link delete "$name" 2>/dev/null || true; done
  for name in containerd scheduler controllers apiserver etcd; do halt $name; done
  for name in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods; do [ -d "$name" ] && find "$name" -depth -type d -exec rmdir {} + 2>/dev/null; done
  sysctl -qw net.ipv4.ip_forward="$(cat "$STATE/ip_forward" 2>/dev/null || echo 0)" || true
}
"$@"
