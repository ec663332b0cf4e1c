package capture

import "github.com/pulumi/pulumi-go-provider/infer"

// Streams says which output streams of a process are logged. Upstream's schema has this enumeration twice, as
// command:local:Logging and command:remote:Logging; hence the type parameters below.
type Streams string

// The values of the input `logging`.
const (
	Stdout          Streams = "stdout"
	Stderr          Streams = "stderr"
	StdoutAndStderr Streams = "stdoutAndStderr"
	None            Streams = "none"
)

// Values lists the enumeration for the schema of one module.
func Values[L ~string]() []infer.EnumValue[L] {
	value := func(s Streams, description string) infer.EnumValue[L] {
		return infer.EnumValue[L]{Name: string(s), Value: L(s), Description: description}
	}
	return []infer.EnumValue[L]{
		value(Stdout, "Capture stdout in logs but not stderr"),
		value(Stderr, "Capture stderr in logs but not stdout"),
		value(StdoutAndStderr, "Capture stdout and stderr in logs"),
		value(None, "Capture no logs"),
	}
}

// FromInput converts the input `logging`. Without it, both streams are logged. With an unknown value, neither is, so
// that a misspelt `none` does not reveal a secret.
func FromInput[L ~string](logging *L) Streams {
	if logging == nil {
		return StdoutAndStderr
	}
	return Streams(*logging)
}

func (s Streams) stdout() bool { return s == Stdout || s == StdoutAndStderr }
func (s Streams) stderr() bool { return s == Stderr || s == StdoutAndStderr }
