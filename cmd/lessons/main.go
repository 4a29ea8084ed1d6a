// Lessons turns the words of the lessons from Markdown into the one JSON file
// that the page's program holds, so that no Markdown reader has to travel with
// it. It reads the *.md files of a folder and writes lessons.json beside them:
//
//	go generate ./assets
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lessons FOLDER")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "lessons:", err)
		os.Exit(1)
	}
}

// generate writes lessons.json into a folder of Markdown files.
func generate(folder string) error {
	text, err := convert(folder)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "lessons.json"), text, 0o644); err != nil {
		return fmt.Errorf("writing the lessons: %w", err)
	}
	return nil
}
