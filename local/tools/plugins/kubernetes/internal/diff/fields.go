package diff

import "slices"

type kinds map[string][]string

// byKind lists, by group/version and kind, the fields that an API server refuses to change. For StatefulSet and Job it
// also has fields on whose change upstream's provider chose to replace the object.
var byKind = map[string]kinds{
	"apps/v1":                            {"DaemonSet": selector(), "Deployment": selector(), "StatefulSet": statefulSet},
	"apps/v1beta1":                       {"StatefulSet": statefulSet},
	"apps/v1beta2":                       {"DaemonSet": selector(), "Deployment": selector(), "StatefulSet": statefulSet},
	"batch/v1":                           {"Job": job},
	"batch/v1beta1":                      {"Job": job},
	"batch/v2alpha1":                     {"Job": job},
	"policy/v1beta1":                     {"PodDisruptionBudget": {".spec"}},
	"rbac.authorization.k8s.io/v1":       bindings,
	"rbac.authorization.k8s.io/v1alpha1": bindings,
	"rbac.authorization.k8s.io/v1beta1":  bindings,
	"storage.k8s.io/v1":                  {"StorageClass": {".parameters", ".provisioner"}},
	"v1": {
		"PersistentVolume":      under(".spec", volumeSources),
		"PersistentVolumeClaim": slices.Concat(under(".spec", []string{"accessModes", "storageClassName", "volumeName"}), selector()),
		"Pod": slices.Concat(
			under(".spec", podFields),
			under(".spec.containers[*]", containerFields),
			under(".spec.initContainers[*]", containerFields),
		),
		"ResourceQuota": {".spec.scopes"},
		"Secret":        {".type"},
		"Service":       {".spec.clusterIP"},
	},
}

var bindings = kinds{"ClusterRoleBinding": {".roleRef"}, "RoleBinding": {".roleRef"}}

var job = slices.Concat(under(".spec", []string{"completions", "parallelism", "template"}), selector())

var statefulSet = slices.Concat(
	under(".spec", []string{"podManagementPolicy", "revisionHistoryLimit", "serviceName", "volumeClaimTemplates"}),
	selector(),
)

var volumeSources = []string{
	"awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
	"gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume",
	"quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
}

var podFields = []string{
	"affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases", "hostIPC",
	"hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead", "preemptionPolicy",
	"priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName", "schedulerName",
	"securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain",
	"terminationGracePeriodSeconds", "volumes",
}

var containerFields = []string{
	"args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe",
	"resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty",
	"volumeDevices", "volumeMounts", "workingDir",
}

func selector() []string { return []string{".spec.selector"} }

func under(prefix string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = prefix + "." + name
	}
	return paths
}
