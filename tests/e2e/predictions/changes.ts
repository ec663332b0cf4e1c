/** A change of the program's settings or files, on top of those before it, and what becomes of which resources. */
export interface Change {
  what: string;
  settings?: Record<string, unknown>;
  /** File of the program, and text in it that becomes another. */
  edit?: [file: string, from: string, to: string];
  /** Types of the resources that are updated in place. */
  updates: string[];
  /** Types of the resources that are replaced: certificates only. */
  replaces?: string[];
  /** Types of the resources that a preview announces to update, with a warning, although nothing becomes of them. */
  overstated?: string[];
}

const STEPS = ["command:Command"];
const CONTROL_PLANE = ["command:Command", "hardway:ControlPlane"];
const MACHINES = ["gcp:Instance", "hardway:MachineGroup"];
/** A new certificate for the administrator is a new kubeconfig. */
const KUBECONFIG = ["hardway:KubeletRbac", "pulumi:kubernetes"];
/** The engine assumes an update of whatever is behind credentials that a preview cannot know: here the new kubeconfig. */
export const BEHIND_KUBECONFIG = ["kubernetes:ClusterRole", "kubernetes:ClusterRoleBinding"];

/** In the order in which they are made. Wider subnets and larger disks are not among them: no update takes those back. */
export const changes: Change[] = [
  {
    what: "nothing, spelled in other words",
    settings: {
      name: "hardway-local",
      controllers: "3",
      apiClientCidrs: ["203.0.113.1/32"],
      zones: ["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"],
      kubernetesMirror: "http://203.0.113.3/kubernetes//",
    },
    updates: [],
  },
  {
    what: "a further range for clients of the API",
    settings: { apiClientCidrs: ["203.0.113.1/32", "198.51.100.0/24"] },
    updates: ["gcp:Firewall", "hardway:Network"],
  },
  {
    what: "a further range for administrators",
    settings: { administratorCidrs: ["203.0.113.1/32", "192.0.2.0/24"] },
    updates: ["gcp:Firewall", "hardway:Network"],
  },
  {
    what: "another URL of the mirrors",
    settings: { kubernetesMirror: "http://203.0.113.3:80/kubernetes", etcdMirror: "http://203.0.113.3:80/etcd" },
    updates: STEPS,
  },
  {
    what: "another user for SSH",
    settings: { sshUser: "maintainer" },
    updates: [...MACHINES, ...STEPS],
  },
  {
    what: "when certificates are renewed",
    settings: { renewBeforeDays: 20 },
    updates: ["tls:LocallySignedCert"],
  },
  {
    what: "the range of the Pods",
    settings: { podCidr: "10.204.0.0/16" },
    updates: CONTROL_PLANE,
  },
  {
    what: "a file on the machines",
    edit: ["node/programs/scheduler.ts", "Kubernetes Scheduler", "Scheduler of Kubernetes"],
    updates: CONTROL_PLANE,
  },
  {
    what: "flags of the API server",
    settings: { eventTtl: "2h", nodePortRange: "31000-32000" },
    updates: CONTROL_PLANE,
  },
  {
    what: "limits of the audit log and of requests",
    settings: { auditMaxAgeDays: 7, auditMaxBackups: 5, auditMaxSizeMb: 50, maxRequestsInflight: 800 },
    updates: CONTROL_PLANE,
  },
  {
    what: "the cluster's DNS domain",
    settings: { clusterDomain: "cluster.example" },
    updates: ["command:Command", "hardway:ControlPlaneCertificates"],
    replaces: ["tls:CertRequest", "tls:LocallySignedCert"],
  },
  {
    what: "how long certificates are valid",
    settings: { certificateDays: 200 },
    updates: [...CONTROL_PLANE, ...KUBECONFIG],
    replaces: ["tls:LocallySignedCert"],
    overstated: BEHIND_KUBECONFIG,
  },
  {
    what: "how long authorities are valid",
    settings: { authorityDays: 2000 },
    updates: [...CONTROL_PLANE, "hardway:Authority", "hardway:EtcdMember", ...KUBECONFIG],
    replaces: ["tls:LocallySignedCert", "tls:SelfSignedCert"],
    overstated: BEHIND_KUBECONFIG,
  },
  {
    what: "another type of machine",
    settings: { machineType: "e2-standard-4" },
    updates: MACHINES,
  },
];
