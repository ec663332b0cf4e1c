# The chapters "Bootstrapping the etcd Cluster" and "Bootstrapping the Kubernetes Control Plane" of Kubernetes the Hard Way:
# its blocks are pasted one after another, on one machine after another, with today's flags. Where the document lets a person
# wait, this script tries until it works. It leaves out apt-get install nginx, which is in the image, and the second that
# gcloud takes to start. Both omissions favour the document.
set -euo pipefail

CONTROLLERS=(controller-0 controller-1 controller-2)
: "${SSH_CONFIG:?}" "${CA:?}" "${PROJECT_URL:?}" "${REGION:?}"

# paste_into MACHINE < BLOCK: runs the block in an open SSH connection, as a person would
paste_into() {
  {
    for name in KUBERNETES_PUBLIC_ADDRESS KUBERNETES_URL ETCD_URL ETCD_RELEASE; do echo "$name=${!name}"; done
    cat
  } | ssh -F "$SSH_CONFIG" "$1" bash -euo pipefail -s
}

# compute SCOPE PATH JSON: creates a resource as gcloud does, and waits for its operation
compute() {
  local operation name
  operation=$(curl -fsS -H 'Content-Type: application/json' -d "$3" "$PROJECT_URL/$1/$2")
  name=$(sed -n 's/.*"name":"\([^"]*\)".*/\1/p' <<<"$operation")
  until grep -q '"status":"DONE"' <<<"$operation"; do
    operation=$(curl -fsS -H 'Content-Type: application/json' -d '{}' "$PROJECT_URL/$1/operations/$name/wait")
  done
  ! grep '"error":' <<<"$operation"
}

for controller in "${CONTROLLERS[@]}"; do
  paste_into "$controller" <<'BLOCK'
curl -fsSO "$ETCD_URL"
BLOCK

  paste_into "$controller" <<'BLOCK'
tar -xf "$ETCD_RELEASE.tar.gz"
sudo mv "$ETCD_RELEASE"/etcd* /usr/local/bin/
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo mkdir -p /etc/etcd /var/lib/etcd
sudo chmod 700 /var/lib/etcd
sudo cp ca.pem kubernetes-key.pem kubernetes.pem /etc/etcd/
BLOCK

  paste_into "$controller" <<'BLOCK'
INTERNAL_IP=$(curl -s -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/network-interfaces/0/ip)
ETCD_NAME=$(hostname -s)
cat <<EOF | sudo tee /etc/systemd/system/etcd.service
[Unit]
Description=etcd
Documentation=https://github.com/coreos

[Service]
Type=notify
ExecStart=/usr/local/bin/etcd \\
  --name ${ETCD_NAME} \\
  --cert-file=/etc/etcd/kubernetes.pem \\
  --key-file=/etc/etcd/kubernetes-key.pem \\
  --peer-cert-file=/etc/etcd/kubernetes.pem \\
  --peer-key-file=/etc/etcd/kubernetes-key.pem \\
  --trusted-ca-file=/etc/etcd/ca.pem \\
  --peer-trusted-ca-file=/etc/etcd/ca.pem \\
  --peer-client-cert-auth \\
  --client-cert-auth \\
  --initial-advertise-peer-urls https://${INTERNAL_IP}:2380 \\
  --listen-peer-urls https://${INTERNAL_IP}:2380 \\
  --listen-client-urls https://${INTERNAL_IP}:2379,https://127.0.0.1:2379 \\
  --advertise-client-urls https://${INTERNAL_IP}:2379 \\
  --initial-cluster-token etcd-cluster-0 \\
  --initial-cluster controller-0=https://10.240.0.10:2380,controller-1=https://10.240.0.11:2380,controller-2=https://10.240.0.12:2380 \\
  --initial-cluster-state new \\
  --data-dir=/var/lib/etcd
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
BLOCK

  # A plain start would wait for a majority of members, which a serial script has not started yet.
  paste_into "$controller" <<'BLOCK'
sudo systemctl daemon-reload
sudo systemctl enable etcd
sudo systemctl start --no-block etcd
BLOCK
done

for controller in "${CONTROLLERS[@]}"; do
  paste_into "$controller" <<'BLOCK'
until sudo etcdctl member list --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.pem \
  --cert=/etc/etcd/kubernetes.pem --key=/etc/etcd/kubernetes-key.pem; do sleep 0.05; done
BLOCK
done

for controller in "${CONTROLLERS[@]}"; do
  paste_into "$controller" <<'BLOCK'
sudo mkdir -p /etc/kubernetes/config
BLOCK

  paste_into "$controller" <<'BLOCK'
curl -fsS --remote-name-all "$KUBERNETES_URL/kube-apiserver" "$KUBERNETES_URL/kube-controller-manager" \
  "$KUBERNETES_URL/kube-scheduler" "$KUBERNETES_URL/kubectl"
BLOCK

  paste_into "$controller" <<'BLOCK'
chmod +x kube-apiserver kube-controller-manager kube-scheduler kubectl
sudo mv kube-apiserver kube-controller-manager kube-scheduler kubectl /usr/local/bin/
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo mkdir -p /var/lib/kubernetes/
sudo mv ca.pem ca-key.pem kubernetes-key.pem kubernetes.pem service-account-key.pem service-account.pem \
  encryption-config.yaml /var/lib/kubernetes/
BLOCK

  # Without --apiserver-count, which no longer exists: API servers find each other by leases.
  paste_into "$controller" <<'BLOCK'
INTERNAL_IP=$(curl -s -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/network-interfaces/0/ip)
cat <<EOF | sudo tee /etc/systemd/system/kube-apiserver.service
[Unit]
Description=Kubernetes API Server
Documentation=https://github.com/kubernetes/kubernetes

[Service]
ExecStart=/usr/local/bin/kube-apiserver \\
  --advertise-address=${INTERNAL_IP} \\
  --allow-privileged=true \\
  --audit-log-maxage=30 \\
  --audit-log-maxbackup=3 \\
  --audit-log-maxsize=100 \\
  --audit-log-path=/var/log/audit.log \\
  --authorization-mode=Node,RBAC \\
  --bind-address=0.0.0.0 \\
  --client-ca-file=/var/lib/kubernetes/ca.pem \\
  --enable-admission-plugins=NamespaceLifecycle,NodeRestriction,LimitRanger,ServiceAccount,DefaultStorageClass,ResourceQuota \\
  --etcd-cafile=/var/lib/kubernetes/ca.pem \\
  --etcd-certfile=/var/lib/kubernetes/kubernetes.pem \\
  --etcd-keyfile=/var/lib/kubernetes/kubernetes-key.pem \\
  --etcd-servers=https://10.240.0.10:2379,https://10.240.0.11:2379,https://10.240.0.12:2379 \\
  --event-ttl=1h \\
  --encryption-provider-config=/var/lib/kubernetes/encryption-config.yaml \\
  --kubelet-certificate-authority=/var/lib/kubernetes/ca.pem \\
  --kubelet-client-certificate=/var/lib/kubernetes/kubernetes.pem \\
  --kubelet-client-key=/var/lib/kubernetes/kubernetes-key.pem \\
  --runtime-config=api/all=true \\
  --service-account-key-file=/var/lib/kubernetes/service-account.pem \\
  --service-account-signing-key-file=/var/lib/kubernetes/service-account-key.pem \\
  --service-account-issuer=https://${KUBERNETES_PUBLIC_ADDRESS}:6443 \\
  --service-cluster-ip-range=10.32.0.0/24 \\
  --service-node-port-range=30000-32767 \\
  --tls-cert-file=/var/lib/kubernetes/kubernetes.pem \\
  --tls-private-key-file=/var/lib/kubernetes/kubernetes-key.pem \\
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo mv kube-controller-manager.kubeconfig /var/lib/kubernetes/
BLOCK

  paste_into "$controller" <<'BLOCK'
cat <<EOF | sudo tee /etc/systemd/system/kube-controller-manager.service
[Unit]
Description=Kubernetes Controller Manager
Documentation=https://github.com/kubernetes/kubernetes

[Service]
ExecStart=/usr/local/bin/kube-controller-manager \\
  --bind-address=0.0.0.0 \\
  --cluster-cidr=10.200.0.0/16 \\
  --cluster-name=kubernetes \\
  --cluster-signing-cert-file=/var/lib/kubernetes/ca.pem \\
  --cluster-signing-key-file=/var/lib/kubernetes/ca-key.pem \\
  --kubeconfig=/var/lib/kubernetes/kube-controller-manager.kubeconfig \\
  --leader-elect=true \\
  --root-ca-file=/var/lib/kubernetes/ca.pem \\
  --service-account-private-key-file=/var/lib/kubernetes/service-account-key.pem \\
  --service-cluster-ip-range=10.32.0.0/24 \\
  --use-service-account-credentials=true \\
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo mv kube-scheduler.kubeconfig /var/lib/kubernetes/
BLOCK

  paste_into "$controller" <<'BLOCK'
cat <<EOF | sudo tee /etc/kubernetes/config/kube-scheduler.yaml
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection:
  kubeconfig: "/var/lib/kubernetes/kube-scheduler.kubeconfig"
leaderElection:
  leaderElect: true
EOF
BLOCK

  paste_into "$controller" <<'BLOCK'
cat <<EOF | sudo tee /etc/systemd/system/kube-scheduler.service
[Unit]
Description=Kubernetes Scheduler
Documentation=https://github.com/kubernetes/kubernetes

[Service]
ExecStart=/usr/local/bin/kube-scheduler \\
  --config=/etc/kubernetes/config/kube-scheduler.yaml \\
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo systemctl daemon-reload
sudo systemctl enable kube-apiserver kube-controller-manager kube-scheduler
sudo systemctl start kube-apiserver kube-controller-manager kube-scheduler
BLOCK

  paste_into "$controller" <<'BLOCK'
cat > kubernetes.default.svc.cluster.local <<EOF
server {
  listen      80;
  server_name kubernetes.default.svc.cluster.local;

  location /healthz {
     proxy_pass                    https://127.0.0.1:6443/healthz;
     proxy_ssl_trusted_certificate /var/lib/kubernetes/ca.pem;
  }
}
EOF
sudo mv kubernetes.default.svc.cluster.local /etc/nginx/sites-available/kubernetes.default.svc.cluster.local
sudo ln -s /etc/nginx/sites-available/kubernetes.default.svc.cluster.local /etc/nginx/sites-enabled/
BLOCK

  paste_into "$controller" <<'BLOCK'
sudo systemctl restart nginx
sudo systemctl enable nginx
BLOCK

  paste_into "$controller" <<'BLOCK'
until kubectl cluster-info --kubeconfig admin.kubeconfig; do sleep 0.05; done
BLOCK

  paste_into "$controller" <<'BLOCK'
until curl -fsS -H "Host: kubernetes.default.svc.cluster.local" -i http://127.0.0.1/healthz; do sleep 0.05; done
BLOCK
done

paste_into controller-0 <<'BLOCK'
cat <<EOF | kubectl apply --kubeconfig admin.kubeconfig -f -
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  annotations:
    rbac.authorization.kubernetes.io/autoupdate: "true"
  labels:
    kubernetes.io/bootstrapping: rbac-defaults
  name: system:kube-apiserver-to-kubelet
rules:
  - apiGroups:
      - ""
    resources:
      - nodes/proxy
      - nodes/stats
      - nodes/log
      - nodes/spec
      - nodes/metrics
    verbs:
      - "*"
EOF
BLOCK

paste_into controller-0 <<'BLOCK'
cat <<EOF | kubectl apply --kubeconfig admin.kubeconfig -f -
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:kube-apiserver
  namespace: ""
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:kube-apiserver-to-kubelet
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: User
    name: kubernetes
EOF
BLOCK

project=projects/${PROJECT_URL##*/}
region=regions/$REGION
compute global httpHealthChecks '{"name": "kubernetes", "description": "Kubernetes Health Check",
  "host": "kubernetes.default.svc.cluster.local", "requestPath": "/healthz"}'
compute global firewalls '{"name": "kubernetes-the-hard-way-allow-health-check", "allowed": [{"IPProtocol": "tcp"}],
  "network": "'"$project"'/global/networks/kubernetes-the-hard-way",
  "sourceRanges": ["209.85.152.0/22", "209.85.204.0/22", "35.191.0.0/16"]}'
compute "$region" targetPools '{"name": "kubernetes-target-pool",
  "healthChecks": ["'"$project"'/global/httpHealthChecks/kubernetes"]}'
zones=("$REGION-a" "$REGION-b" "$REGION-c")
members=$(for i in "${!zones[@]}"; do
  printf '{"instance": "%s/zones/%s/instances/%s"},' "$project" "${zones[i]}" "${CONTROLLERS[i]}"
done)
compute "$region" targetPools/kubernetes-target-pool/addInstance '{"instances": ['"${members%,}"']}'
compute "$region" forwardingRules '{"name": "kubernetes-forwarding-rule", "portRange": "6443",
  "IPAddress": "'"$KUBERNETES_PUBLIC_ADDRESS"'", "target": "'"$project/$region"'/targetPools/kubernetes-target-pool"}'

until curl -fsS --max-time 2 --cacert "$CA" "https://$KUBERNETES_PUBLIC_ADDRESS:6443/version"; do sleep 0.05; done
