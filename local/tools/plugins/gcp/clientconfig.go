package main

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	transport_tpg "github.com/hashicorp/terraform-provider-google/google/transport"
)

// clientConfig returns google_client_config: an access token for the provider's own credentials, and its defaults. In Google's
// provider it is part of the plugin framework, which this plugin leaves out.
func clientConfig() *schema.Resource {
	text := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Computed: true} }
	token := text()
	token.Sensitive = true
	return &schema.Resource{
		Schema: map[string]*schema.Schema{
			"access_token":   token,
			"project":        text(),
			"region":         text(),
			"zone":           text(),
			"default_labels": {Type: schema.TypeMap, Computed: true, Elem: &schema.Schema{Type: schema.TypeString}},
		},
		Read: func(d *schema.ResourceData, meta any) error {
			config := meta.(*transport_tpg.Config)
			token, err := config.TokenSource.Token()
			if err != nil {
				return fmt.Errorf("the credentials give no access token: %w", err)
			}
			d.SetId(fmt.Sprintf("projects/%s/regions/%s/zones/%s", config.Project, config.Region, config.Zone))
			for name, value := range map[string]any{
				"access_token":   token.AccessToken,
				"project":        config.Project,
				"region":         config.Region,
				"zone":           config.Zone,
				"default_labels": config.DefaultLabels,
			} {
				if err := d.Set(name, value); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
