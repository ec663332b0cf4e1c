package object

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes/scheme"
)

// Groups of Kubernetes itself that client-go's scheme does not contain: those of the aggregation and extension servers,
// those newer than this client, and those that were removed.
var otherGroups = sets.New(
	"apiextensions.k8s.io", "apiregistration.k8s.io", "auditregistration.k8s.io", "lifecycle.k8s.io", "meta", "settings.k8s.io",
)

// Built-in kinds that are cluster-scoped; all others are namespaced. An integration test compares this list with a real
// API server.
var clusterScoped = sets.New(
	"APIService", "AuditSink", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
	"ClusterTrustBundle", "ComponentStatus", "CustomResourceDefinition", "DeviceClass", "DeviceTaintRule", "FlowSchema",
	"IPAddress", "IngressClass", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
	"MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PodSecurityPolicy", "PriorityClass",
	"PriorityLevelConfiguration", "ResourcePoolStatusRequest", "ResourceSlice", "RuntimeClass", "SelfSubjectAccessReview",
	"SelfSubjectReview", "SelfSubjectRulesReview", "ServiceCIDR", "StorageClass", "StorageVersion",
	"StorageVersionMigration", "SubjectAccessReview", "TokenReview", "ValidatingAdmissionPolicy",
	"ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
)

// IsBuiltIn reports whether the group is part of Kubernetes itself.
func IsBuiltIn(gv schema.GroupVersion) bool {
	return scheme.Scheme.IsGroupRegistered(gv.Group) || otherGroups.Has(gv.Group)
}

// Scope returns what is known about a kind without asking a cluster. Only built-in kinds are known.
func Scope(gvk schema.GroupVersionKind) (known, namespaced bool) {
	if !IsBuiltIn(gvk.GroupVersion()) {
		return false, false
	}
	return true, !clusterScoped.Has(gvk.Kind)
}

// GVK returns the kind that the object names. The group "core" means the core group, whose name is empty.
func GVK(obj *unstructured.Unstructured) schema.GroupVersionKind {
	gvk := obj.GroupVersionKind()
	if gvk.Group == "core" {
		gvk.Group = ""
	}
	return gvk
}

// GVKFromURN returns the kind in a resource's type, `kubernetes:GROUP/VERSION:Kind`.
func GVKFromURN(urn resource.URN) (schema.GroupVersionKind, error) {
	typ := urn.Type()
	if typ.Package() != "kubernetes" {
		return schema.GroupVersionKind{}, fmt.Errorf("unrecognized resource type: %q for this provider", typ)
	}
	group, version, ok := strings.Cut(string(typ.Module().Name()), "/")
	if !ok || group == "" || version == "" || strings.Contains(version, "/") {
		return schema.GroupVersionKind{},
			fmt.Errorf("apiVersion does not have both a group and a version: %q", typ.Module().Name())
	}
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: string(typ.Name())}, nil
}

// CheckSupported refuses the resources of upstream's provider that this provider does not implement.
func CheckSupported(urn resource.URN, inputs *unstructured.Unstructured) error {
	switch module := string(urn.Type().Module().Name()); {
	case strings.HasPrefix(module, "helm.sh/"), strings.HasPrefix(module, "kustomize"), strings.HasPrefix(module, "yaml"):
		return Unsupported(string(urn.Type()), "Helm, Kustomize and YAML resources", "declare the Kubernetes objects themselves")
	}
	gvk, err := GVKFromURN(urn)
	if err != nil {
		return err
	}
	switch builtIn := IsBuiltIn(gvk.GroupVersion()); {
	case builtIn && strings.HasSuffix(gvk.Kind, "List"):
		return fmt.Errorf("list resources exist for compatibility with YAML manifests and Helm charts, " +
			"and cannot be created directly. Use the underlying resource type instead")
	case strings.HasSuffix(gvk.Kind, "Patch") && (builtIn || inputs.GetKind()+"Patch" == gvk.Kind):
		return Unsupported(string(urn.Type()), "Patch resources", "declare or import the whole object")
	}
	return nil
}

// Unsupported is the error for a type or function that this provider does not implement.
func Unsupported(token, what, wayOut string) error {
	return fmt.Errorf("%s: this build of the Kubernetes provider does not support %s; %s, "+
		"or use the official plugin (HARDWAY_TOOLS=official)", token, what, wayOut)
}

// IsSecret reports whether the object is a core Secret.
func IsSecret(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "" && gvk.Kind == "Secret"
}

// IsConfigMap reports whether the object is a core ConfigMap.
func IsConfigMap(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "" && gvk.Kind == "ConfigMap"
}

// IsCRD reports whether the object is a CustomResourceDefinition.
func IsCRD(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "apiextensions.k8s.io" && gvk.Kind == "CustomResourceDefinition"
}
