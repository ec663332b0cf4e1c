package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// warnOfDeprecation tells when a built-in API version is on its way out, or gone, by what Kubernetes' own types say.
func (s *Server) warnOfDeprecation(urn resource.URN, gvk schema.GroupVersionKind) {
	if s.cluster == nil {
		return
	}
	life, ok := object.Lifecycle(gvk)
	if !ok || s.settings.suppressDeprecationWarnings {
		return
	}
	replacement := ""
	if life.Replacement != "" {
		replacement = "; use " + life.Replacement + " instead"
	}
	if !s.cluster.Serves(gvk) {
		s.log(diag.Warning, urn, "apiVersion %q was removed in Kubernetes %s%s", gvk.GroupVersion().String()+"/"+gvk.Kind,
			life.Removed, replacement)
		return
	}
	s.log(diag.Warning, urn, "%s/%s is deprecated since Kubernetes %s%s", gvk.GroupVersion(), gvk.Kind,
		life.Deprecated, replacement)
}
