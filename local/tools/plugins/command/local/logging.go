package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"hardway/local/tools/plugins/command/capture"
)

// Logging is the enumeration command:local:Logging.
type Logging string

// Values lists the enumeration for the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return capture.Values[Logging]() }
