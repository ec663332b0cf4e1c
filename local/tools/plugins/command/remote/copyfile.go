package remote

import (
	"context"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile is the resource command:remote:CopyFile: a local file copied to another machine. It has no Update, so every
// change replaces it. Deleting it does not remove the remote file.
type CopyFile struct{}

var _ infer.CustomResource[CopyFileInputs, CopyFileOutputs] = (*CopyFile)(nil)

// Annotate describes the resource in the schema.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copy a local file to a remote machine.")
	a.Deprecate(&c, "This resource is deprecated and will be removed in a future release. "+
		"Please use the `CopyToRemote` resource instead.")
}

// CopyFileInputs are the inputs of command:remote:CopyFile.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate describes the inputs in the schema.
func (i *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Triggers, "Values of any type. The resource is replaced when one of them changes.")
	a.Describe(&i.LocalPath, "The path of the file to copy.")
	a.Describe(&i.RemotePath, "The path of the copy on the machine.")
}

// CopyFileOutputs is the state of command:remote:CopyFile.
type CopyFileOutputs struct{ CopyFileInputs }

// Create copies the file.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	response := infer.CreateResponse[CopyFileOutputs]{Output: CopyFileOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	p.GetLogger(ctx).Debugf("Creating file: %s:%s from local file %s",
		valueOr(req.Inputs.Connection.Host, ""), req.Inputs.RemotePath, req.Inputs.LocalPath)
	source, err := os.Open(req.Inputs.LocalPath)
	if err != nil {
		return response, err
	}
	defer source.Close()
	err = req.Inputs.Connection.transfer(ctx, func(t *transfer) error {
		return t.writeFile(source, req.Inputs.LocalPath, req.Inputs.RemotePath)
	})
	if err != nil {
		return response, err
	}
	response.ID, err = resource.NewUniqueHex("", 8, 0)
	return response, err
}
