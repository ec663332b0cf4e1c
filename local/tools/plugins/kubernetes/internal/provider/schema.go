package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

type property struct {
	Type  string `json:"type,omitempty"`
	Const string `json:"const,omitempty"`
	Ref   string `json:"$ref,omitempty"`
}

type resourceSchema struct {
	Properties      map[string]property `json:"properties"`
	InputProperties map[string]property `json:"inputProperties"`
}

// GetSchema lists the built-in kinds with their fields, which `pulumi import` needs to generate programs. The contents
// of the fields are not described.
func (s *Server) GetSchema(_ context.Context, req *pulumirpc.GetSchemaRequest) (_ *pulumirpc.GetSchemaResponse, err error) {
	defer rescue(&err)
	if version := req.GetVersion(); version != 0 {
		return nil, fmt.Errorf("unsupported schema version %d", version)
	}
	resources := map[string]resourceSchema{}
	modules := map[string]string{}
	set := func(gvk schema.GroupVersionKind, fields []string) {
		module := moduleOf(gvk.GroupVersion())
		modules[module] = packageOf(gvk.GroupVersion())
		resources["kubernetes:"+module+":"+gvk.Kind] = describe(gvk, fields)
	}
	for gvk, typ := range scheme.Scheme.AllKnownTypes() {
		_, isObject := reflect.New(typ).Interface().(metav1.Object)
		if isObject && gvk.Version != runtime.APIVersionInternal && !isTransient(gvk) {
			set(gvk, fieldNames(typ))
		}
	}
	for _, gvk := range withoutType {
		set(gvk, []string{"metadata", "spec", "status"})
	}
	text, err := json.Marshal(map[string]any{
		"name": "kubernetes", "version": s.version, "meta": map[string]any{"moduleFormat": "(.*)"},
		"language":  map[string]any{"nodejs": map[string]any{"packageName": "@pulumi/kubernetes", "moduleToPackage": modules}},
		"resources": resources,
	})
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, err
}

// withoutType lists kinds that every API server has but for which client-go has no types.
var withoutType = []schema.GroupVersionKind{
	{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"},
	{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"},
}

// isTransient reports whether no program declares objects of the kind, because it is a request to the API server or the
// server's internal data.
func isTransient(gvk schema.GroupVersionKind) bool {
	switch gvk.Group {
	case "authentication.k8s.io", "authorization.k8s.io", "internal.apiserver.k8s.io":
		return true
	}
	return slices.Contains([]string{"ComponentStatus", "Eviction", "PodStatusResult", "RangeAllocation", "Scale"}, gvk.Kind)
}

func fieldNames(typ reflect.Type) (names []string) {
	for i := range typ.NumField() {
		if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// moduleOf returns the middle part of a resource's type: "core/v1", "rbac.authorization.k8s.io/v1".
func moduleOf(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "core/" + gv.Version
	}
	return gv.String()
}

// packageOf returns the module's path in the npm package: "rbac/v1".
func packageOf(gv schema.GroupVersion) string {
	group, _, _ := strings.Cut(moduleOf(gv), ".")
	group, _, _ = strings.Cut(group, "/")
	return group + "/" + gv.Version
}

func describe(gvk schema.GroupVersionKind, fields []string) resourceSchema {
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	described := resourceSchema{Properties: map[string]property{}, InputProperties: map[string]property{}}
	for _, name := range fields {
		described.Properties[name] = property{Ref: "pulumi.json#/Any"}
	}
	described.Properties["apiVersion"] = property{Type: "string", Const: apiVersion}
	described.Properties["kind"] = property{Type: "string", Const: kind}
	maps.Copy(described.InputProperties, described.Properties)
	delete(described.InputProperties, "status") // Only the server writes it.
	return described
}
