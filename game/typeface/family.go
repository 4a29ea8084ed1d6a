// Package typeface measures the letters of the stage and draws them, at the
// size at which they are shown, into an [Atlas] that a graphics card can read
// them from. It knows no graphics library.
package typeface

import (
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Weight is how bold letters are.
type Weight uint8

// The weights.
const (
	Medium   Weight = iota // for most words
	SemiBold               // for names and numbers that stand out
	weights
)

// Family is one typeface in its weights. Make one with [NewFamily]. It may be
// shared and is never changed.
type Family struct {
	fonts    [weights]*sfnt.Font
	advances [weights]map[rune]float32 // of a letter of size 1
	ascii    [weights][128]float32     // the same, at hand
}

// asideFromASCII are the characters beyond ASCII that the fonts of the stage hold.
const asideFromASCII = "·–—…→←↑↓×‖✓✗≤≥−₀₁₂₃₄₅₆₇₈₉"

// NewFamily reads the font files of a typeface. The error says which of them
// cannot be read.
func NewFamily(medium, semiBold []byte) (*Family, error) {
	f := &Family{}
	for weight, file := range [weights][]byte{medium, semiBold} {
		parsed, err := sfnt.Parse(file)
		if err != nil {
			return nil, fmt.Errorf("reading the font of weight %d: %w", weight, err)
		}
		f.fonts[weight] = parsed
		if err := f.measure(Weight(weight)); err != nil {
			return nil, fmt.Errorf("measuring the font of weight %d: %w", weight, err)
		}
	}
	return f, nil
}

// measure notes how wide each letter is.
func (f *Family) measure(weight Weight) error {
	f.advances[weight] = map[rune]float32{}
	parsed := f.fonts[weight]
	unit := fixed.Int26_6(parsed.UnitsPerEm()) << 6
	var buffer sfnt.Buffer
	note := func(letter rune) error {
		glyph, err := parsed.GlyphIndex(&buffer, letter)
		if err != nil {
			return err
		}
		advance, err := parsed.GlyphAdvance(&buffer, glyph, unit, font.HintingNone)
		if err != nil {
			return err
		}
		f.advances[weight][letter] = float32(advance) / float32(unit)
		return nil
	}
	for letter := rune(' '); letter < 127; letter++ {
		if err := note(letter); err != nil {
			return err
		}
		f.ascii[weight][letter] = f.advances[weight][letter]
	}
	for _, letter := range asideFromASCII {
		if err := note(letter); err != nil {
			return err
		}
	}
	return nil
}

// Width is how wide a text is, in the unit of size.
func (f *Family) Width(text string, weight Weight, size float32) float32 {
	width := float32(0)
	for _, letter := range text {
		width += f.Advance(letter, weight)
	}
	return width * size
}

// Advance is how far a letter of size 1 moves the next one along. A letter
// that the typeface lacks is as wide as a question mark, which is shown for it.
func (f *Family) Advance(letter rune, weight Weight) float32 {
	if letter >= ' ' && letter < 127 {
		return f.ascii[weight][letter]
	}
	if advance, ok := f.advances[weight][letter]; ok {
		return advance
	}
	return f.ascii[weight]['?']
}

// Has reports whether the typeface has a letter.
func (f *Family) Has(letter rune) bool {
	_, ok := f.advances[Medium][letter]
	return ok
}

// CapHeight is how high a capital letter of size 1 stands over the baseline.
const CapHeight = 0.727
