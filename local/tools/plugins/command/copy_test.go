package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hardway/local/tools/plugins/command/internal/sshtest"
)

const (
	copyToRemote = "command:remote:CopyToRemote"
	copyFile     = "command:remote:CopyFile"
)

func fileAsset(t *testing.T, path string) *resource.Asset {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	must(t, err)
	return asset
}

func directory(t *testing.T, path string) *resource.Archive {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	must(t, err)
	return archive
}

func textAsset(t *testing.T, contents string) *resource.Asset {
	t.Helper()
	asset, err := resource.NewTextAsset(contents)
	must(t, err)
	return asset
}

func write(t *testing.T, path, contents string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(contents), 0o600))
	return path
}

// tree lists the files below a directory as path=contents.
func tree(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	must(t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contents, err := os.ReadFile(path)
		files = append(files, strings.TrimPrefix(path, root+"/")+"="+string(contents))
		return err
	}))
	slices.Sort(files)
	return files
}

func TestCopyToRemote(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	local := t.TempDir()
	file := write(t, filepath.Join(local, "config"), "a")
	dir := filepath.Join(local, "dir")
	write(t, filepath.Join(dir, "one"), "1")
	write(t, filepath.Join(dir, "sub", "two"), "2")
	large := write(t, filepath.Join(local, "large"), strings.Repeat("0123456789", 200_000))

	for name, test := range map[string]struct {
		source   any
		existing []string
		to       string
		want     []string
		err      string
	}{
		"file to a new path":         {fileAsset(t, file), nil, "x/y/config", []string{"x/y/config=a"}, ""},
		"file over a file":           {fileAsset(t, file), []string{"old=12345"}, "old", []string{"old=a"}, ""},
		"file into a directory":      {fileAsset(t, file), []string{"d/x=1"}, "d", []string{"d/config=a", "d/x=1"}, ""},
		"large file":                 {fileAsset(t, large), nil, "l", []string{"l=" + strings.Repeat("0123456789", 200_000)}, ""},
		"text to a new path":         {textAsset(t, "hi"), nil, "x/t", []string{"x/t=hi"}, ""},
		"text over a file":           {textAsset(t, "hi"), []string{"t=12345"}, "t", []string{"t=hi"}, ""},
		"text into a directory":      {textAsset(t, "hi"), []string{"d/x=1"}, "d", nil, "is a directory; when using a text asset"},
		"directory to a new path":    {directory(t, dir), nil, "n", []string{"n/dir/one=1", "n/dir/sub/two=2"}, ""},
		"directory into a directory": {directory(t, dir), []string{"n/dir/one=0"}, "n", []string{"n/dir/one=1", "n/dir/sub/two=2"}, ""},
		"entries to a new path":      {directory(t, dir+"/"), nil, "n", []string{"n/one=1", "n/sub/two=2"}, ""},
		"directory over a file":      {directory(t, dir), []string{"n=1"}, "n", nil, "exists but is not a directory"},
		"directory over an entry":    {directory(t, dir), []string{"n/dir=1"}, "n", nil, "exists but is not a directory"},
		"below a file":               {fileAsset(t, file), []string{"n=1"}, "n/x", nil, "failed to"},
	} {
		t.Run(name, func(t *testing.T) {
			remote := t.TempDir()
			for _, entry := range test.existing {
				path, contents, _ := strings.Cut(entry, "=")
				write(t, filepath.Join(remote, path), contents)
			}
			_, err := e.tryCreate(copyToRemote, props{
				"connection": connectionTo(server), "source": test.source, "remotePath": filepath.Join(remote, test.to),
			})
			if test.err != "" {
				wantError(t, err, test.err)
				return
			}
			must(t, err)
			if got := tree(t, remote); !slices.Equal(got, test.want) {
				t.Errorf("remote files %.200q", got)
			}
		})
	}
	eventually(t, "every connection is closed", func() bool { return server.Open() == 0 })
}

func TestCopyToRemoteLifecycle(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	remote := filepath.Join(t.TempDir(), "copy")
	inputs := func(contents string, more props) props {
		all := props{"connection": connectionTo(server), "source": textAsset(t, contents), "remotePath": remote}
		for key, value := range more {
			all[key] = value
		}
		return all
	}
	if planned := e.previewCreate(copyToRemote, inputs("1", nil)); server.Accepted() != 0 || len(planned.outputs) == 0 {
		t.Errorf("preview gave %v after %d connections", planned.outputs, server.Accepted())
	}
	made := e.create(copyToRemote, inputs("1", nil))
	if !made.outputs["connection"].IsSecret() || made.outputs["source"].AssetValue().Text != "1" {
		t.Errorf("outputs %v", made.outputs)
	}
	if changed, _ := e.diff(made, inputs("1", nil)); changed != nil {
		t.Errorf("the same inputs changed %q", changed)
	}
	changed, replacing := e.diff(made, inputs("2", nil))
	if !slices.Equal(changed, []string{"source"}) || replacing != nil {
		t.Errorf("changed %q replacing %q", changed, replacing)
	}
	if _, replacing := e.diff(made, inputs("1", props{"triggers": []any{1}})); !slices.Equal(replacing, []string{"triggers"}) {
		t.Errorf("replacing %q", replacing)
	}
	updated := e.update(made, inputs("2", nil))
	if contents, _ := os.ReadFile(remote); string(contents) != "2" {
		t.Errorf("after the update the file holds %q", contents)
	}
	before := server.Accepted()
	e.update(updated, inputs("2", props{"triggers": []any{1}}))
	must(t, e.delete(updated))
	if _, err := os.Stat(remote); err != nil || server.Accepted() != before {
		t.Errorf("the copy (%v) or the connections (%d, were %d) changed", err, server.Accepted(), before)
	}
}

func TestCopyToRemoteRefusesOtherSources(t *testing.T) {
	e := startEngine(t)
	uri := &resource.Asset{Sig: resource.AssetSig, URI: "http://127.0.0.1:1/x"}
	assets, err := resource.NewAssetArchive(map[string]any{"a": textAsset(t, "1")})
	must(t, err)
	for name, test := range map[string]struct {
		source any
		want   string
	}{
		"remote asset":  {uri, "asset: asset must be a path-based file asset or a text-based string asset"},
		"asset archive": {assets, "archive: archive must be a path to a file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, reasons := e.check(copyToRemote, props{"connection": props{"host": "h"}, "source": test.source, "remotePath": "/x"})
			if !slices.Equal(reasons, []string{test.want}) {
				t.Errorf("reasons %q", reasons)
			}
		})
	}
	unknown := resource.MakeComputed(resource.NewProperty(""))
	if _, reasons := e.check(copyToRemote, props{"connection": props{"host": "h"}, "source": unknown, "remotePath": "/x"}); reasons != nil {
		t.Errorf("an unknown source is refused: %q", reasons)
	}
}

func TestCopyFile(t *testing.T) {
	e := startEngine(t)
	server := (&sshtest.Server{}).Start(t)
	dir := t.TempDir()
	local, remote := write(t, filepath.Join(dir, "local"), "contents"), filepath.Join(dir, "remote")
	inputs := props{"connection": connectionTo(server), "localPath": local, "remotePath": remote}
	made := e.create(copyFile, inputs)
	if contents, _ := os.ReadFile(remote); string(contents) != "contents" {
		t.Errorf("the copy holds %q", contents)
	}
	inputs["remotePath"] = remote + "2"
	if _, replacing := e.diff(made, inputs); !slices.Equal(replacing, []string{"remotePath"}) {
		t.Errorf("replacing %q", replacing)
	}
	must(t, e.delete(made))
	if _, err := os.Stat(remote); err != nil {
		t.Error(err)
	}
	inputs["localPath"] = filepath.Join(dir, "missing")
	_, err := e.tryCreate(copyFile, inputs)
	wantError(t, err, "missing: no such file")
}
