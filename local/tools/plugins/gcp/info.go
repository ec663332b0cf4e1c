package main

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	_ "github.com/hashicorp/terraform-provider-google/google/services/compute" // registers its resources
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"hardway/local/tools/plugins/gcp/labels"
	"hardway/local/tools/plugins/gcp/provider"
)

// resources maps each resource of Google's provider that the plugin offers to its class in @pulumi/gcp/compute.
var resources = map[string]string{
	"google_compute_address":           "Address",
	"google_compute_disk":              "Disk",
	"google_compute_firewall":          "Firewall",
	"google_compute_forwarding_rule":   "ForwardingRule",
	"google_compute_http_health_check": "HttpHealthCheck",
	"google_compute_instance":          "Instance",
	"google_compute_network":           "Network",
	"google_compute_route":             "Route",
	"google_compute_router":            "Router",
	"google_compute_router_nat":        "RouterNat",
	"google_compute_subnetwork":        "Subnetwork",
	"google_compute_target_pool":       "TargetPool",
}

// functions maps each data source of Google's provider that the plugin offers to its function in @pulumi/gcp/compute.
// Besides them, there is google_client_config in @pulumi/gcp/organizations.
var functions = map[string]string{
	"google_compute_address":                   "getAddress",
	"google_compute_image":                     "getImage",
	"google_compute_instance":                  "getInstance",
	"google_compute_instance_guest_attributes": "getInstanceGuestAttributes",
	"google_compute_network":                   "getNetwork",
	"google_compute_subnetwork":                "getSubnetwork",
	"google_compute_zones":                     "getZones",
}

// lowercase lists the resources whose automatic names @pulumi/gcp limits to 63 characters, all in lower case.
var lowercase = []string{
	"google_compute_http_health_check",
	"google_compute_network",
	"google_compute_router",
	"google_compute_router_nat",
	"google_compute_subnetwork",
}

func providerInfo() tfbridge.ProviderInfo {
	google := provider.Provider()
	keep(google.ResourcesMap, resources)
	keep(google.DataSourcesMap, functions)
	labels.Attribute(google)
	google.DataSourcesMap["google_client_config"] = clientConfig()

	info := tfbridge.ProviderInfo{
		P:              shimv2.NewProvider(google),
		Name:           "gcp",
		Version:        version,
		DisplayName:    "Google Cloud",
		ResourcePrefix: "google",
		Description:    "The part of @pulumi/gcp that a control plane needs.",
		Config: map[string]*tfbridge.SchemaInfo{
			"project":                         fromEnv("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
			"region":                          fromEnv("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
			"zone":                            fromEnv("GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
			"access_token":                    {Secret: tfbridge.True()},
			"add_terraform_attribution_label": {Name: "addPulumiAttributionLabel"},
			"terraform_attribution_label_addition_strategy": {Name: "pulumiAttributionLabelAdditionStrategy"},
		},
		ExtraConfig: map[string]*tfbridge.ConfigInfo{
			"skipRegionValidation":        flag("PULUMI_GCP_SKIP_REGION_VALIDATION"),
			"disableGlobalProjectWarning": flag("PULUMI_GCP_DISABLE_GLOBAL_PROJECT_WARNING"),
		},
		Resources:                      map[string]*tfbridge.ResourceInfo{},
		DataSources:                    map[string]*tfbridge.DataSourceInfo{},
		MetadataInfo:                   tfbridge.NewProviderMetadata([]byte("{}")),
		EnableZeroDefaultSchemaVersion: true,
		EnableAccurateBridgePreview:    true,
		EnableRawStateDelta:            true,
	}
	for name, class := range resources {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type(member(class))}
	}
	for name, function := range functions {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(member(function))}
	}
	info.DataSources["google_client_config"] = &tfbridge.DataSourceInfo{
		Tok: "gcp:organizations/getClientConfig:getClientConfig",
	}
	for _, name := range lowercase {
		info.Resources[name].Fields = map[string]*tfbridge.SchemaInfo{
			"name": tfbridge.AutoNameWithCustomOptions("name", tfbridge.AutoNameOptions{
				Separator: "-", Maxlen: 63, Randlen: 7, Transform: strings.ToLower,
			}),
		}
	}
	info.SetAutonaming(255, "-")
	labels.Rename(&info)
	return info
}

// member returns the token of a class or function of @pulumi/gcp/compute, such as gcp:compute/network:Network.
func member(name string) string {
	return "gcp:compute/" + strings.ToLower(name[:1]) + name[1:] + ":" + name
}

// keep removes everything from `all` that is not in `wanted`, and panics when something wanted is missing.
func keep(all map[string]*schema.Resource, wanted map[string]string) {
	for name := range all {
		if _, ok := wanted[name]; !ok {
			delete(all, name)
		}
	}
	for name := range wanted {
		if _, ok := all[name]; !ok {
			panic("Google's provider has no " + name)
		}
	}
}

func fromEnv(names ...string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: names}}
}

func flag(env string) *tfbridge.ConfigInfo {
	return &tfbridge.ConfigInfo{
		Schema: shimv2.NewSchema(&schema.Schema{Type: schema.TypeBool, Optional: true}),
		Info:   &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{Value: false, EnvVars: []string{env}}},
	}
}
