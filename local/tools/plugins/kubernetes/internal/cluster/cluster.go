// Package cluster is the way to one API server: discovery shared by everything that goes on at a time, and the writes
// as the provider does them.
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

// Connect finds out what the API server offers, in two requests that are never repeated until a kind is missing. The
// error says why the server cannot be used: refused, unauthorized, not a Kubernetes API.
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
		return nil, errors.New("the API server lists no API groups: is the user allowed to read /api and /apis?")
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

// Version is that of the API server, asked for once.
func (c *Cluster) Version() (*version.Version, error) { return c.version() }

// Forget drops what discovery found, so that the kinds of a new CustomResourceDefinition are seen.
func (c *Cluster) Forget() { c.mapper.Reset() }

// Serves tells whether the API server has the kind now.
func (c *Cluster) Serves(gvk schema.GroupVersionKind) bool {
	_, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	return err == nil
}

// Namespaced tells whether objects of the kind live in namespaces. A kind that is neither built in nor served is
// taken to: creating it corrects a wrong guess.
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

// For gives the client for the object's kind and namespace. The error is a no-match error (meta.IsNoMatchError) when
// the server does not have the kind.
func (c *Cluster) For(obj *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := object.GVK(obj)
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.Forget() // Its definition may have come since.
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

// List gives the objects of the kind and namespace of `like` with the labels.
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
