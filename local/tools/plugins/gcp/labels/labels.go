// Package labels makes Google's provider name and attribute labels as @pulumi/gcp does.
package labels

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-google/google/transport"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// attributionKey is the label that @pulumi/gcp puts on everything it creates, instead of the one that names Terraform.
const attributionKey = "goog-pulumi-provisioned"

// Fields that hold a resource's labels plus those that the provider adds.
const (
	managedLabels   = "terraform_labels"
	effectiveLabels = "effective_labels"
)

// Attribute replaces Terraform's attribution label with Pulumi's on every resource that has labels.
func Attribute(google *schema.Provider) {
	for _, r := range google.ResourcesMap {
		if _, labelled := r.Schema[managedLabels]; labelled && r.CustomizeDiff != nil {
			r.CustomizeDiff = swapAttribution(r.CustomizeDiff)
		}
	}
}

func swapAttribution(inner schema.CustomizeDiffFunc) schema.CustomizeDiffFunc {
	return func(ctx context.Context, d *schema.ResourceDiff, meta any) error {
		// Google's rule keeps the label on a resource that has it and adds it to a new one, but knows Terraform's key only.
		old, _ := d.GetChange(effectiveLabels)
		_, had := asMap(old)[attributionKey]
		if err := inner(ctx, d, meta); err != nil {
			return err
		}
		config, ok := meta.(*transport.Config)
		if !ok {
			return nil
		}
		for _, field := range []string{managedLabels, effectiveLabels} {
			if !d.NewValueKnown(field) {
				continue
			}
			labels := maps.Clone(asMap(d.Get(field)))
			if labels == nil {
				labels = map[string]any{}
			}
			_, added := labels[transport.AttributionKey]
			delete(labels, transport.AttributionKey)
			if added || had && config.AddTerraformAttributionLabel {
				labels[attributionKey] = transport.AttributionValue
			}
			if err := d.SetNew(field, labels); err != nil {
				return err
			}
		}
		return nil
	}
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// Rename gives the label fields of all resources and functions the names that @pulumi/gcp uses. It marks the fields as
// secret, because they may contain a label that the user marked as secret.
func Rename(info *tfbridge.ProviderInfo) {
	for name, r := range info.Resources {
		fields := info.P.ResourcesMap().Get(name).Schema()
		if _, labelled := fields.GetOk(managedLabels); !labelled {
			continue
		}
		if r.Fields == nil {
			r.Fields = map[string]*tfbridge.SchemaInfo{}
		}
		r.Fields[managedLabels] = &tfbridge.SchemaInfo{Name: "pulumiLabels", Secret: tfbridge.True()}
		r.Fields[effectiveLabels] = &tfbridge.SchemaInfo{Secret: tfbridge.True()}
		// If the state had no value, every preview would show the field as new.
		r.TransformFromState = func(_ context.Context, state resource.PropertyMap) (resource.PropertyMap, error) {
			if _, ok := state["pulumiLabels"]; !ok {
				state["pulumiLabels"] = resource.NewProperty(resource.PropertyMap{})
			}
			return state, nil
		}
	}
	for name, f := range info.DataSources {
		if _, labelled := info.P.DataSourcesMap().Get(name).Schema().GetOk(managedLabels); labelled {
			f.Fields = map[string]*tfbridge.SchemaInfo{
				managedLabels:   {Name: "pulumiLabels", Secret: tfbridge.True()},
				effectiveLabels: {Secret: tfbridge.True()},
			}
		}
	}
}
