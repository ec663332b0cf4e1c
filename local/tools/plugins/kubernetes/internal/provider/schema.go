package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"hardway/local/tools/plugins/kubernetes/internal/object"
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

// GetSchema describes the built-in kinds by their fields, which is what `pulumi import` needs to write programs. What
// is inside a field is left open.
func (s *Server) GetSchema(_ context.Context, req *pulumirpc.GetSchemaRequest) (_ *pulumirpc.GetSchemaResponse, err error) {
	defer rescue(&err)
	if version := req.GetVersion(); version != 0 {
		return nil, fmt.Errorf("unsupported schema version %d", version)
	}
	resources := map[string]resourceSchema{}
	modules := map[string]string{}
	for gvk, typ := range scheme.Scheme.AllKnownTypes() {
		if _, ok := reflect.New(typ).Interface().(metav1.Object); !ok || !object.IsBuiltIn(gvk.GroupVersion()) {
			continue
		}
		module := moduleOf(gvk.GroupVersion())
		modules[module] = packageOf(gvk.GroupVersion())
		resources["kubernetes:"+module+":"+gvk.Kind] = describe(gvk, typ)
	}
	text, err := json.Marshal(map[string]any{
		"name": "kubernetes", "version": s.version, "meta": map[string]any{"moduleFormat": "(.*)"},
		"language":  map[string]any{"nodejs": map[string]any{"packageName": "@pulumi/kubernetes", "moduleToPackage": modules}},
		"resources": resources,
	})
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, err
}

// moduleOf gives the middle of a resource's type: "core/v1", "rbac.authorization.k8s.io/v1".
func moduleOf(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "core/" + gv.Version
	}
	return gv.String()
}

// packageOf gives where the npm package keeps the module: "rbac/v1".
func packageOf(gv schema.GroupVersion) string {
	group, _, _ := strings.Cut(moduleOf(gv), ".")
	group, _, _ = strings.Cut(group, "/")
	return group + "/" + gv.Version
}

func describe(gvk schema.GroupVersionKind, typ reflect.Type) resourceSchema {
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	described := resourceSchema{Properties: map[string]property{}, InputProperties: map[string]property{}}
	set := func(name string, p property, input bool) {
		described.Properties[name] = p
		if input {
			described.InputProperties[name] = p
		}
	}
	set("apiVersion", property{Type: "string", Const: apiVersion}, true)
	set("kind", property{Type: "string", Const: kind}, true)
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			set(name, property{Ref: "pulumi.json#/Any"}, name != "status")
		}
	}
	return described
}
