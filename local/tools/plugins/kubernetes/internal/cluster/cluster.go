// Package cluster talks to one API server: discovery, which concurrent operations share, and the provider's reads and
// writes.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"hardway/local/tools/plugins/kubernetes/internal/object"
)

// Cluster is safe for concurrent use.
type Cluster struct {
	client  dynamic.Interface
	mapper  meta.ResettableRESTMapper
	version func() (*version.Version, error)
}

// Connect discovers what the API server offers, in two requests. They are repeated only when a kind is missing. The
// error says why the server cannot be used: connection refused, unauthorized, not a Kubernetes API.
func Connect(config *rest.Config) (*Cluster, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	uncached, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(uncached)
	groups, err := cached.ServerGroups()
	if err != nil {
		return nil, err
	}
	if len(groups.Groups) == 0 {
		return nil, errors.New("the API server lists no API groups; check that the user may read /api and /apis")
	}
	return &Cluster{
		client:  client,
		mapper:  restmapper.NewDeferredDiscoveryRESTMapper(cached),
		version: sync.OnceValues(func() (*version.Version, error) { return serverVersion(uncached) }),
	}, nil
}

func serverVersion(client discovery.ServerVersionInterface) (*version.Version, error) {
	info, err := client.ServerVersion()
	if err != nil {
		return nil, err
	}
	return version.ParseGeneric(info.GitVersion)
}

// Version returns the version of the API server. It is requested once.
func (c *Cluster) Version() (*version.Version, error) { return c.version() }

// Forget clears the discovery cache, so that the kinds of a new CustomResourceDefinition are found.
func (c *Cluster) Forget() { c.mapper.Reset() }

// Serves reports whether the API server has the kind now.
func (c *Cluster) Serves(gvk schema.GroupVersionKind) bool {
	_, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	return err == nil
}

// Namespaced reports whether the kind is namespaced. A kind that is neither built in nor served is assumed to be; the
// creation of the object corrects a wrong guess.
func (c *Cluster) Namespaced(gvk schema.GroupVersionKind) bool {
	if known, namespaced := object.Scope(gvk); known {
		return namespaced
	}
	if c == nil {
		return true
	}
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	return err != nil || mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

// For returns the client for the object's kind and namespace. If the server does not have the kind, the error is a
// no-match error (meta.IsNoMatchError).
func (c *Cluster) For(obj *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := object.GVK(obj)
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.Forget() // Its definition may have been created since.
		mapping, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the API of %s: %w", gvk, err)
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return c.client.Resource(mapping.Resource), nil
	}
	namespace := obj.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	return c.client.Resource(mapping.Resource).Namespace(namespace), nil
}

// Get reads the object named `name` of the kind and namespace of `obj`.
func (c *Cluster) Get(ctx context.Context, obj *unstructured.Unstructured, name string) (*unstructured.Unstructured, error) {
	client, err := c.For(obj)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, name, metav1.GetOptions{})
}

// List returns the objects with the labels `with`, of the kind and namespace of `like`.
func (c *Cluster) List(
	ctx context.Context, like *unstructured.Unstructured, with map[string]string,
) ([]unstructured.Unstructured, error) {
	client, err := c.For(like)
	if err != nil {
		return nil, err
	}
	found, err := client.List(ctx, metav1.ListOptions{LabelSelector: labels.SelectorFromSet(with).String()})
	if err != nil {
		return nil, err
	}
	return found.Items, nil
}
