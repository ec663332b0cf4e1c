package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// warnOfDeprecation warns if a built-in API version is deprecated in the API server's release or removed from it.
func (s *Server) warnOfDeprecation(urn resource.URN, gvk schema.GroupVersionKind) {
	if s.cluster == nil || s.settings.suppressDeprecationWarnings {
		return
	}
	life, ok := object.Lifecycle(gvk)
	if !ok {
		return
	}
	current, err := s.cluster.Version()
	if err != nil {
		logging.V(3).Infof("cannot get the version of the API server: %v", err)
		return
	}
	if warning := life.Warning(gvk, current); warning != "" {
		s.log(diag.Warning, urn, "%s", warning)
	}
}
