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

// Groups of Kubernetes' own that client-go's scheme does not know: served by the aggregated and extension servers,
// newer than this client, or gone.
var otherGroups = sets.New(
	"apiextensions.k8s.io", "apiregistration.k8s.io", "auditregistration.k8s.io", "lifecycle.k8s.io", "meta", "settings.k8s.io",
)

// Built-in kinds that live in no namespace; every other built-in kind is namespaced. An integration test holds this
// list against a real API server.
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

// IsBuiltIn tells whether the group comes with Kubernetes itself.
func IsBuiltIn(gv schema.GroupVersion) bool {
	return scheme.Scheme.IsGroupRegistered(gv.Group) || otherGroups.Has(gv.Group)
}

// Scope tells what is known of a kind without asking a cluster: only built-in kinds are known.
func Scope(gvk schema.GroupVersionKind) (known, namespaced bool) {
	if !IsBuiltIn(gvk.GroupVersion()) {
		return false, false
	}
	return true, !clusterScoped.Has(gvk.Kind)
}

// GVK is the kind that the object names; the group "core" means the one without a name.
func GVK(obj *unstructured.Unstructured) schema.GroupVersionKind {
	gvk := obj.GroupVersionKind()
	if gvk.Group == "core" {
		gvk.Group = ""
	}
	return gvk
}

// GVKFromURN reads the kind out of a resource's type, `kubernetes:GROUP/VERSION:Kind`.
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

// CheckSupported refuses what upstream's provider handles with machinery that this one does not have.
func CheckSupported(urn resource.URN, inputs *unstructured.Unstructured) error {
	switch module := string(urn.Type().Module().Name()); {
	case strings.HasPrefix(module, "helm.sh/"), strings.HasPrefix(module, "kustomize"), strings.HasPrefix(module, "yaml"):
		return fmt.Errorf("%s: this build of the Kubernetes provider has no Helm, Kustomize and YAML resources: "+
			"declare the objects themselves, or use the official plugin", urn.Type())
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
		return fmt.Errorf("%s: this build of the Kubernetes provider has no Patch resources: "+
			"declare or import the whole object, or use the official plugin", urn.Type())
	}
	return nil
}

// IsSecret, IsConfigMap and IsCRD tell a kind that has rules of its own.
func IsSecret(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "" && gvk.Kind == "Secret"
}

func IsConfigMap(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "" && gvk.Kind == "ConfigMap"
}

func IsCRD(obj *unstructured.Unstructured) bool {
	gvk := GVK(obj)
	return gvk.Group == "apiextensions.k8s.io" && gvk.Kind == "CustomResourceDefinition"
}
