package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settleFor is how long the sources must be quiet before a build: editors write
// a file in several steps, and several files at once.
const settleFor = 150 * time.Millisecond

// watch reports changes of the sources under root until the context ends.
// Changes that come while nobody reads are reported as one.
func watch(ctx context.Context, root string) (<-chan struct{}, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := addFolders(watcher, root); err != nil {
		watcher.Close()
		return nil, err
	}
	changes := make(chan struct{}, 1)
	go func() {
		defer watcher.Close()
		follow(ctx, watcher, changes)
	}()
	return changes, nil
}

func follow(ctx context.Context, watcher *fsnotify.Watcher, changes chan<- struct{}) {
	quiet := time.NewTimer(settleFor)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-watcher.Events:
			if !ok {
				return
			}
			if event.Has(fsnotify.Create) && isFolder(event.Name) {
				// A folder that cannot be watched is only not watched.
				_ = addFolders(watcher, event.Name)
			}
			if isSource(event) {
				quiet.Reset(settleFor)
			}
		case <-watcher.Errors:
			// An overflow: something has changed, whatever it was.
			quiet.Reset(settleFor)
		case <-quiet.C:
			select {
			case changes <- struct{}{}:
			default: // one is waiting already
			}
		}
	}
}

// addFolders watches a folder and those in it, except what is built and hidden.
func addFolders(watcher *fsnotify.Watcher, folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if path != folder && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "site" && filepath.Dir(path) == folder) {
			return filepath.SkipDir
		}
		return watcher.Add(path)
	})
}

func isSource(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod || strings.HasSuffix(event.Name, "_test.go") {
		return false
	}
	kinds := []string{".go", ".mod", ".sum", ".html", ".css", ".js", ".svg", ".json", ".md", ".ttf", ".otf", ".woff2"}
	return slices.Contains(kinds, filepath.Ext(event.Name)) || filepath.Ext(event.Name) == ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
