package labels

import (
	"context"
	"testing"

	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/go-cty/cty/msgpack"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-google/google/tpgresource"
	"github.com/hashicorp/terraform-provider-google/google/transport"
)

const mark = "goog-pulumi-provisioned"

// plan returns the labels that Google's provider would write when the program asks for the labels `wanted` and the
// resource has the labels `prior` (nil: it does not exist yet).
func plan(t *testing.T, config *transport.Config, wanted cty.Value, prior map[string]cty.Value) (managed, effective cty.Value) {
	t.Helper()
	labels := func(computed bool) *schema.Schema {
		return &schema.Schema{Type: schema.TypeMap, Optional: !computed, Computed: computed, Elem: &schema.Schema{Type: schema.TypeString}}
	}
	thing := &schema.Resource{
		Schema:        map[string]*schema.Schema{"labels": labels(false), managedLabels: labels(true), effectiveLabels: labels(true)},
		CustomizeDiff: tpgresource.SetLabelsDiff,
	}
	google := &schema.Provider{ResourcesMap: map[string]*schema.Resource{"google_thing": thing}}
	Attribute(google)
	google.SetMeta(config)

	implied := thing.CoreConfigSchema().ImpliedType()
	dynamic := func(v cty.Value) *tfprotov5.DynamicValue {
		bytes, err := msgpack.Marshal(v, implied)
		if err != nil {
			t.Fatal(err)
		}
		return &tfprotov5.DynamicValue{MsgPack: bytes}
	}
	object := func(id, managed, effective cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"id": id, "labels": wanted, managedLabels: managed, effectiveLabels: effective})
	}
	none := cty.NullVal(cty.Map(cty.String))
	declared := object(cty.NullVal(cty.String), none, none)
	before, proposed := cty.NullVal(implied), declared
	if prior != nil {
		before = object(cty.StringVal("thing"), cty.MapVal(prior), cty.MapVal(prior))
		proposed = before
	}
	response, err := schema.NewGRPCProviderServer(google).PlanResourceChange(context.Background(), &tfprotov5.PlanResourceChangeRequest{
		TypeName:         "google_thing",
		PriorState:       dynamic(before),
		ProposedNewState: dynamic(proposed),
		Config:           dynamic(declared),
	})
	if err != nil || len(response.Diagnostics) > 0 {
		t.Fatal(err, response.Diagnostics)
	}
	planned, err := msgpack.Unmarshal(response.PlannedState.MsgPack, implied)
	if err != nil {
		t.Fatal(err)
	}
	return planned.GetAttr(managedLabels), planned.GetAttr(effectiveLabels)
}

func TestAttribution(t *testing.T) {
	user := cty.StringVal("b")
	yes := cty.StringVal("true")
	wanted := cty.MapVal(map[string]cty.Value{"a": user})
	marked := map[string]cty.Value{"a": user, mark: yes}
	unmarked := map[string]cty.Value{"a": user}
	creationOnly := &transport.Config{
		AddTerraformAttributionLabel:              true,
		TerraformAttributionLabelAdditionStrategy: transport.CreateOnlyAttributionStrategy,
	}
	for name, c := range map[string]struct {
		config *transport.Config
		prior  map[string]cty.Value
		want   map[string]cty.Value
	}{
		"a new resource is marked":                        {creationOnly, nil, marked},
		"a marked resource stays marked":                  {creationOnly, marked, marked},
		"an existing resource without the mark gets none": {creationOnly, unmarked, unmarked},
		"switched off, a new resource is not marked":      {&transport.Config{}, nil, unmarked},
		"switched off, a marked resource loses the mark":  {&transport.Config{}, marked, unmarked},
		"the resource's labels override the provider's":   {&transport.Config{DefaultLabels: map[string]string{"a": "default", "c": "d"}}, nil, map[string]cty.Value{"a": user, "c": cty.StringVal("d")}},
	} {
		t.Run(name, func(t *testing.T) {
			managed, effective := plan(t, c.config, wanted, c.prior)
			if want := cty.MapVal(c.want); !managed.RawEquals(want) || !effective.RawEquals(want) {
				t.Errorf("managed %#v, effective %#v, want %#v", managed, effective, want)
			}
		})
	}
}

func TestUnknownLabelsStayUnknown(t *testing.T) {
	managed, effective := plan(t, &transport.Config{AddTerraformAttributionLabel: true}, cty.UnknownVal(cty.Map(cty.String)), nil)
	if managed.IsKnown() || effective.IsKnown() {
		t.Errorf("managed %#v, effective %#v", managed, effective)
	}
}
