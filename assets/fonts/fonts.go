// Package fonts holds the letters of the stage: two weights of Inter, cut down
// to the characters that the stage writes. README.md beside it tells how they
// were made.
package fonts

import _ "embed"

// StageMedium is Inter Medium as an OpenType font file. It is not to be changed.
//
//go:embed stage-medium.otf
var StageMedium []byte

// StageSemiBold is Inter SemiBold as an OpenType font file. It is not to be changed.
//
//go:embed stage-semibold.otf
var StageSemiBold []byte
