// Package assets holds the files of this folder that the programs carry with
// them.
package assets

import _ "embed" // for the texts below

//go:generate go run ../cmd/lessons lessons

// Lessons are the words of all lessons as JSON, made from lessons/*.md by
// go generate. Package lesson reads them.
//
//go:embed lessons/lessons.json
var Lessons string
