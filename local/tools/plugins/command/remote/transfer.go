package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// transfer copies to one machine over SFTP.
type transfer struct{ sftp *sftp.Client }

// transfer logs in and calls do. The connection is closed when ctx ends or the machine stops answering.
func (c *Connection) transfer(ctx context.Context, do func(*transfer) error) error {
	client, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx = client.ctx
	defer context.AfterFunc(ctx, func() { client.Close() })()
	// Concurrent writes leave a file of the wrong length only when one of them fails, and then the whole copy fails.
	session, err := sftp.NewClient(client.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return causeOf(ctx, err)
	}
	defer session.Close()
	if err := do(&transfer{session}); err != nil {
		return causeOf(ctx, err)
	}
	return nil
}

// copyPath copies a file or a directory. The copy goes to:
//
//	source  destination is a directory  does not exist    is a file
//	dir     destination/dir             destination/dir   error
//	dir/    destination (the entries)   the same          error
//	file    destination/file            destination       destination, overwritten
func (t *transfer) copyPath(source, destination string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		file, err := os.Open(source)
		if err != nil {
			return err
		}
		defer file.Close()
		destination, err = t.fileDestination(filepath.Base(source), destination)
		if err != nil {
			return err
		}
		return t.writeFile(file, source, destination)
	}
	if err := t.makeDirectory(destination, t.sftp.MkdirAll); err != nil {
		return err
	}
	if !strings.HasSuffix(source, "/") {
		destination = path.Join(destination, filepath.Base(source))
	}
	return t.copyTree(source, destination)
}

// writeText creates or overwrites a file with the given contents.
func (t *transfer) writeText(text, destination string) error {
	info, err := t.stat(destination)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		return fmt.Errorf("remote path %s is a directory; when using a text asset, remotePath must be a file path",
			destination)
	}
	if err := t.makeParents(destination); err != nil {
		return err
	}
	return t.writeFile(strings.NewReader(text), "text asset", destination)
}

// fileDestination returns the path to copy a file of this name to, and creates its parent directories.
func (t *transfer) fileDestination(name, destination string) (string, error) {
	info, err := t.stat(destination)
	switch {
	case err != nil:
		return "", err
	case info == nil:
		return destination, t.makeParents(destination)
	case info.IsDir():
		return path.Join(destination, name), nil
	}
	return destination, nil
}

func (t *transfer) makeParents(destination string) error {
	if err := t.sftp.MkdirAll(path.Dir(destination)); err != nil {
		return fmt.Errorf("failed to create parent directories for %s: %w", destination, err)
	}
	return nil
}

// copyTree copies the contents of a local directory into a remote one, one file after the other.
func (t *transfer) copyTree(source, destination string) error {
	tree := os.DirFS(source)
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		remotePath := path.Join(destination, name)
		if entry.IsDir() {
			return t.makeDirectory(remotePath, t.sftp.Mkdir)
		}
		file, err := tree.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return t.writeFile(file, filepath.Join(source, name), remotePath)
	})
}

// makeDirectory creates a directory unless it exists.
func (t *transfer) makeDirectory(directory string, mkdir func(string) error) error {
	info, err := t.stat(directory)
	if err != nil {
		return err
	}
	if info == nil {
		if err := mkdir(directory); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", directory, err)
		}
	} else if !info.IsDir() {
		return fmt.Errorf("remote path %s exists but is not a directory", directory)
	}
	return nil
}

// stat returns nil when the path does not exist.
func (t *transfer) stat(remotePath string) (fs.FileInfo, error) {
	info, err := t.sftp.Stat(remotePath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", remotePath, err)
	}
	return info, nil
}

// writeFile creates or overwrites one remote file. source names the contents in errors.
func (t *transfer) writeFile(contents io.Reader, source, destination string) error {
	file, err := t.sftp.Create(destination)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", destination, err)
	}
	_, err = file.ReadFrom(contents)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("failed to copy %s to remote path %s: %w", source, destination, err)
	}
	return nil
}
