/** A change of the program's settings or files, in addition to the changes before it, and what it does to resources. */
export interface Change {
  what: string;
  settings?: Record<string, unknown>;
  /** A file of the program, a text in it, and the text that replaces it. */
  edit?: [file: string, from: string, to: string];
  /** Types of the resources that are updated in place. */
  updates: string[];
  /** Types of the resources that are replaced: certificates only. */
  replaces?: string[];
  /** Leaves the update to the next change, because a restart drains first. The preview is checked. */
  withNext?: true;
  /** Types of the resources that a preview says it would update, with a warning, although up leaves them as they are. */
  overstated?: string[];
}

const STEPS = ["command:Command"];
const CONTROL_PLANE = ["command:Command", "hardway:ControlPlane"];
const MACHINES = ["gcp:Instance", "hardway:MachineGroup"];
/** They have the kubeconfig, which changes with the administrator's certificate. */
const KUBECONFIG = ["hardway:KubeletRbac", "pulumi:kubernetes"];
/** The engine assumes an update of every resource of a provider whose credentials, here the kubeconfig, a preview cannot know. */
export const BEHIND_KUBECONFIG = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map(
  (kind) => `kubernetes:${kind}`,
);

/** The changes, in order. A wider subnet and a larger disk are not included, because no update can revert them. */
export const changes: Change[] = [
  {
    what: "settings to other spellings of the same values",
    settings: {
      name: "hardway-predictions",
      controllers: "1",
      apiClientCidrs: ["203.0.113.1/32"],
      zones: ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"],
      kubernetesMirror: "http://203.0.113.3/kubernetes//",
    },
    updates: [],
  },
  {
    what: "the ranges for clients of the API and for administrators",
    settings: {
      apiClientCidrs: ["203.0.113.1/32", "198.51.100.0/24"],
      administratorCidrs: ["203.0.113.1/32", "192.0.2.0/24"],
    },
    updates: ["gcp:Firewall", "hardway:Network"],
  },
  {
    what: "the mirrors' URLs",
    settings: { kubernetesMirror: "http://203.0.113.3:80/kubernetes", etcdMirror: "http://203.0.113.3:80/etcd" },
    updates: STEPS,
  },
  {
    what: "the SSH user",
    settings: { sshUser: "maintainer" },
    updates: [...MACHINES, ...STEPS],
  },
  {
    what: "the time at which certificates are renewed",
    settings: { renewBeforeDays: 20 },
    updates: ["tls:LocallySignedCert"],
  },
  {
    what: "a file on the machines",
    edit: ["node/programs/scheduler.ts", "Kubernetes Scheduler", "Scheduler of Kubernetes"],
    updates: CONTROL_PLANE,
  },
  {
    what: "kube-apiserver's flags, limits, names and the cluster's DNS domain",
    settings: {
      apiServerNames: ["api.example", "198.51.100.7"],
      drainSeconds: 9,
      clusterDomain: "cluster.example",
      eventTtl: "2h",
      nodePortRange: "31000-32000",
      auditMaxAgeDays: 7,
      auditMaxBackups: 5,
      auditMaxSizeMb: 50,
      maxRequestsInflight: 800,
    },
    updates: [...CONTROL_PLANE, "hardway:ControlPlaneCertificates"],
    replaces: ["tls:CertRequest", "tls:LocallySignedCert"],
    withNext: true,
  },
  {
    what: "the lifetime of leaves and authorities, besides the flags",
    settings: { certificateDays: 200, authorityDays: 2000 },
    updates: [
      ...CONTROL_PLANE,
      "hardway:Authority",
      "hardway:BackupKey",
      "hardway:ControlPlaneCertificates",
      "hardway:EtcdMember",
      ...KUBECONFIG,
    ],
    replaces: ["tls:CertRequest", "tls:LocallySignedCert", "tls:SelfSignedCert"],
    overstated: BEHIND_KUBECONFIG,
  },
];
