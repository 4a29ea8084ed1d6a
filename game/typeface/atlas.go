package typeface

import (
	"fmt"
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// AtlasSize is the width and the height of an atlas in pixels.
const AtlasSize = 1024

// Shifts is in how many places within a pixel a letter can begin. Letters that
// could only begin on whole pixels would stand unevenly.
const Shifts = 4

// Glyph is where a letter stands in the atlas.
type Glyph struct {
	X, Y          int // its upper left corner in the atlas
	Width, Height int // of its picture; 0: it has none
	Left, Top     int // from the pen on the baseline to the picture's upper left corner
	drawn         bool
}

// Atlas is one grey picture with all the letters that were asked for so far,
// each at the very size in pixels at which it is shown. Letters are drawn when
// they are first asked for. When it is full it begins anew. It must be used
// from one goroutine at a time.
type Atlas struct {
	// Picture is how much ink there is at each pixel.
	Picture *image.Alpha
	// Changed is the part of the picture that changed since whoever shows it
	// last set this to the empty rectangle.
	Changed image.Rectangle

	family *Family
	faces  []*face
	row    int // where the row of letters that is being filled begins
	column int // and where its next letter goes
	height int // of the row
}

// face is a weight at a size.
type face struct {
	weight Weight
	pixels float32
	shape  font.Face
	ascii  [Shifts][128]Glyph
	others map[shifted]Glyph
}

type shifted struct {
	letter rune
	shift  int
}

// NewAtlas makes an empty atlas.
func NewAtlas(family *Family) *Atlas {
	return &Atlas{family: family, Picture: image.NewAlpha(image.Rect(0, 0, AtlasSize, AtlasSize))}
}

// Family is the typeface whose letters the atlas holds.
func (a *Atlas) Family() *Family { return a.family }

// Glyph finds a letter of the given size in pixels that begins so many
// Shifts to the right of a whole pixel, and draws it into the atlas if it is not there
// yet.
func (a *Atlas) Glyph(letter rune, weight Weight, pixels float32, shift int) (Glyph, error) {
	shape, err := a.face(weight, pixels)
	if err != nil {
		return Glyph{}, err
	}
	if letter >= 0 && letter < 128 {
		known := &shape.ascii[shift][letter]
		if !known.drawn {
			glyph := a.draw(shape, letter, shift)
			*known = glyph
		}
		return *known, nil
	}
	key := shifted{letter, shift}
	if known, ok := shape.others[key]; ok {
		return known, nil
	}
	glyph := a.draw(shape, letter, shift)
	shape.others[key] = glyph
	return glyph, nil
}

func (a *Atlas) face(weight Weight, pixels float32) (*face, error) {
	for _, known := range a.faces {
		if known.weight == weight && known.pixels == pixels {
			return known, nil
		}
	}
	options := opentype.FaceOptions{Size: float64(pixels), DPI: 72, Hinting: font.HintingNone}
	shape, err := opentype.NewFace(a.family.fonts[weight], &options)
	if err != nil {
		return nil, fmt.Errorf("making letters of %g pixels: %w", pixels, err)
	}
	made := &face{weight: weight, pixels: pixels, shape: shape, others: map[shifted]Glyph{}}
	a.faces = append(a.faces, made)
	return made, nil
}

// draw puts a letter into the atlas.
func (a *Atlas) draw(shape *face, letter rune, shift int) Glyph {
	if !a.family.Has(letter) {
		letter = '?'
	}
	bounds, mask, at, _, ok := shape.shape.Glyph(fixed.Point26_6{X: fixed.Int26_6(shift * 64 / Shifts)}, letter)
	glyph := Glyph{drawn: true}
	if !ok || bounds.Empty() {
		return glyph
	}
	glyph.Width, glyph.Height = bounds.Dx(), bounds.Dy()
	glyph.Left, glyph.Top = bounds.Min.X, bounds.Min.Y
	glyph.X, glyph.Y = a.place(glyph.Width, glyph.Height)
	area := image.Rect(glyph.X, glyph.Y, glyph.X+glyph.Width, glyph.Y+glyph.Height)
	draw.Draw(a.Picture, area, mask, at, draw.Src)
	a.Changed = a.Changed.Union(area)
	return glyph
}

// place finds room for a picture, with a pixel of nothing around it.
func (a *Atlas) place(width, height int) (x, y int) {
	if a.column+width+2 > AtlasSize {
		a.row, a.column, a.height = a.row+a.height, 0, 0
	}
	if a.row+height+2 > AtlasSize {
		a.clear()
	}
	x, y = a.column+1, a.row+1
	a.column += width + 1
	a.height = max(a.height, height+1)
	return x, y
}

// clear begins the atlas anew. Letters placed earlier in the same frame may show
// wrongly in that one frame.
func (a *Atlas) clear() {
	clear(a.Picture.Pix)
	a.Changed = a.Picture.Rect
	a.row, a.column, a.height = 0, 0, 0
	for _, known := range a.faces {
		known.ascii = [Shifts][128]Glyph{}
		clear(known.others)
	}
}

// Pixels is the size in whole device pixels of a text of the given size in CSS
// pixels, at the given device pixel ratio.
func Pixels(size, ratio float32) float32 {
	return float32(math.Round(float64(size * ratio)))
}
