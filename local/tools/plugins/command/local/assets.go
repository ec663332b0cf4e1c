package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect sets the assets and the archive from the files below dir that match the patterns of the inputs.
func (o *BaseOutputs) collect(dir string, in *BaseInputs) error {
	if in.AssetPaths != nil {
		assets, err := matchingFiles(dir, *in.AssetPaths)
		if err != nil {
			return err
		}
		outputs := make(map[string]types.AssetOrArchive, len(assets))
		for name, asset := range assets {
			outputs[name] = types.AssetOrArchive{Asset: asset}
		}
		o.Assets = &outputs
	}
	if in.ArchivePaths != nil {
		assets, err := matchingFiles(dir, *in.ArchivePaths)
		if err != nil {
			return err
		}
		entries := make(map[string]any, len(assets))
		for name, asset := range assets {
			entries[name] = asset
		}
		o.Archive, err = resource.NewAssetArchive(entries)
		if err != nil {
			return err
		}
	}
	return nil
}

type pattern struct {
	glob    glob.Glob
	exclude bool
}

// matchingFiles returns the files below dir that are included after all patterns have been applied in order. The keys
// are paths relative to dir.
func matchingFiles(dir string, globs []string) (map[string]*resource.Asset, error) {
	patterns := make([]pattern, len(globs))
	for i, text := range globs {
		text, exclude := strings.CutPrefix(text, "!")
		compiled, err := glob.Compile(text, '/')
		if err != nil {
			return nil, err
		}
		patterns[i] = pattern{compiled, exclude}
	}

	assets := map[string]*resource.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !included(name, patterns) {
			return err
		}
		assets[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return assets, err
}

func included(name string, patterns []pattern) bool {
	in := false
	for _, p := range patterns {
		if p.glob.Match(name) {
			in = !p.exclude
		}
	}
	return in
}
