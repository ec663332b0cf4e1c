package remote

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is the resource command:remote:CopyToRemote: a file, a text or a directory copied to another machine.
// Deleting it does not remove the copy.
type CopyToRemote struct{}

var (
	_ infer.CustomResource[CopyToRemoteInputs, CopyToRemoteOutputs] = (*CopyToRemote)(nil)
	_ infer.CustomCheck[CopyToRemoteInputs]                         = (*CopyToRemote)(nil)
	_ infer.CustomUpdate[CopyToRemoteInputs, CopyToRemoteOutputs]   = (*CopyToRemote)(nil)
)

// Annotate describes the resource in the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copy an asset or an archive to a remote machine, over SFTP.")
}

// CopyToRemoteInputs are the inputs of command:remote:CopyToRemote.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate describes the inputs in the schema.
func (i *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How to connect to the machine.")
	a.Describe(&i.Triggers, "Values of any type. The resource is replaced when one of them changes.")
	a.Describe(&i.Source, "A FileAsset, a StringAsset or a FileArchive. Directories are copied with everything in "+
		"them. An archive such as a .tgz is not unpacked.")
	a.Describe(&i.RemotePath, "Where to copy to. Missing parent directories are created. If the path is an existing "+
		"directory, the source is copied into it. If it is an existing file, a file replaces it.")
}

// hash changes when the contents of the source change.
func (i *CopyToRemoteInputs) hash() string {
	switch {
	case i.Source.Asset != nil:
		return i.Source.Asset.Hash
	case i.Source.Archive != nil:
		return i.Source.Archive.Hash
	}
	return ""
}

// CopyToRemoteOutputs is the state of command:remote:CopyToRemote.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Check adds the defaults and refuses a source that cannot be copied.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	if err == nil && !req.NewInputs.Get("source").IsComputed() {
		failures = append(failures, checkSource(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	failure := func(property, reason string) []p.CheckFailure {
		return []p.CheckFailure{{Property: property, Reason: reason}}
	}
	asset, archive := source.Asset, source.Archive
	switch {
	case asset != nil && archive != nil:
		return failure("asset", "only one of asset or archive can be set")
	case asset == nil && archive == nil:
		return failure("asset", "either asset or archive must be set")
	case asset != nil && !asset.IsPath() && !asset.IsText():
		return failure("asset", "asset must be a path-based file asset or a text-based string asset")
	case archive != nil && !archive.IsPath():
		return failure("archive", "archive must be a path to a file or directory")
	}
	return nil
}

// Create copies the source.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	response := infer.CreateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	if err := req.Inputs.copy(ctx); err != nil {
		return response, err
	}
	id, err := resource.NewUniqueHex("", 8, 0)
	response.ID = id
	return response, err
}

// Update copies the source again if it or the remote path has changed. Other changes do not affect the copy.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	var err error
	changed := req.Inputs.hash() != req.State.hash() || req.Inputs.RemotePath != req.State.RemotePath
	if changed && !req.DryRun {
		err = req.Inputs.copy(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}, err
}

func (i *CopyToRemoteInputs) copy(ctx context.Context) error {
	description := "text asset"
	if path := i.sourcePath(); path != "" {
		description = "local path " + path
	}
	p.GetLogger(ctx).Debugf("Creating %s:%s from %s", valueOr(i.Connection.Host, ""), i.RemotePath, description)
	return i.Connection.transfer(ctx, func(t *transfer) error {
		if path := i.sourcePath(); path != "" {
			return t.copyPath(path, i.RemotePath)
		}
		return t.writeText(i.Source.Asset.Text, i.RemotePath)
	})
}

// sourcePath returns the local path of the source, or "" for a text asset.
func (i *CopyToRemoteInputs) sourcePath() string {
	if i.Source.Asset != nil {
		return i.Source.Asset.Path
	}
	return i.Source.Archive.Path
}
