package capture

import "github.com/pulumi/pulumi-go-provider/infer"

// Streams says which of a process's output streams go to the log. The schema of upstream has this enumeration
// twice, as command:local:Logging and command:remote:Logging, hence the type parameter of the functions.
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

// FromInput reads the input `logging`; without it both streams are logged. An unknown word logs nothing, so that a
// misspelt `none` never shows a secret.
func FromInput[L ~string](logging *L) Streams {
	if logging == nil {
		return StdoutAndStderr
	}
	return Streams(*logging)
}

func (s Streams) stdout() bool { return s == Stdout || s == StdoutAndStderr }
func (s Streams) stderr() bool { return s == Stderr || s == StdoutAndStderr }
