//go:build integration

package testapi

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// find returns the path of a program below the mirror. If the program exists only inside a release archive
// (NAME-*.tar.gz, like etcd), it is first unpacked into `dir`. With several versions in the mirror, find takes any of
// them.
func find(mirror, name, dir string) (string, error) {
	var program, archive string
	err := filepath.WalkDir(mirror, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
		case entry.Name() == name:
			program = path
			return fs.SkipAll
		case strings.HasPrefix(entry.Name(), name+"-") && strings.HasSuffix(entry.Name(), ".tar.gz"):
			archive = path
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("looking for %s below %s: %w", name, mirror, err)
	}
	if program != "" {
		return program, nil
	}
	if archive == "" {
		return "", fmt.Errorf("cannot find %s below %s", name, mirror)
	}
	return unpack(archive, name, dir)
}

func unpack(archive, name, dir string) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", archive, err)
	}
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return "", fmt.Errorf("cannot find %s in %s", name, archive)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", archive, err)
		}
		if filepath.Base(entry.Name) != name || entry.Typeflag != tar.TypeReg {
			continue
		}
		return writeProgram(entries, filepath.Join(dir, name+".bin"))
	}
}

func writeProgram(from io.Reader, path string) (string, error) {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o700)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(to, from); err != nil {
		return "", errors.Join(err, to.Close())
	}
	return path, to.Close()
}
