package scene

import "raftarium/raft"

// Theme is which colours the stage is drawn in.
type Theme struct {
	Dark     bool
	Contrast bool // stronger lines and words
}

// Palette is the colours of a theme. Term colours mean a term and nothing
// else; all the rest is neutral, but for Danger, which always comes with a shape.
type Palette struct {
	Ground     Colour // behind everything
	Glow       Colour // of the ground in the middle
	Surface    Colour // of servers, tracks and small controls
	SurfaceTop Colour // the same where light falls on it
	Shadow     Colour
	Text       Colour
	Muted      Colour // words of less weight
	Line       Colour // links
	Track      Colour // what an arc has run out of, slots for entries
	Danger     Colour // what is cut or lost
	Terms      [len(termColours)]TermColour
	NoTerm     TermColour // of term 0
}

// TermColour is how a term looks in a theme.
type TermColour struct {
	Fill Colour // of solid things
	Edge Colour // of thin lines, which must stand out from the ground
	On   Colour // of words on Fill
	Top  Colour // of a server in this term, above and below
	Base Colour
	Cell Colour // of a log cell that is stored but not committed
}

// termColours follow one another so that neighbours are far apart for every
// kind of colour vision.
var termColours = [...]uint32{0xE69F00, 0x56B4E9, 0xCC79A7, 0x009E73, 0xD55E00, 0x0072B2}

// NewPalette returns the colours of a theme.
func NewPalette(theme Theme) *Palette {
	p := lightPalette()
	if theme.Dark {
		p = darkPalette()
	}
	if theme.Contrast {
		p.strengthen(theme.Dark)
	}
	for i, rgb := range termColours {
		p.Terms[i] = p.term(hex(rgb), theme)
	}
	p.NoTerm = p.term(p.Muted.Mix(p.Ground, 0.25), theme)
	return &p
}

func darkPalette() Palette {
	return Palette{
		Ground:     hex(0x0B1220),
		Glow:       hex(0x16243C),
		Surface:    hex(0x16233A),
		SurfaceTop: hex(0x1E2E4A),
		Shadow:     hex(0x03060C).Fade(0.55),
		Text:       hex(0xE8EEF7),
		Muted:      hex(0x9FB1C9),
		Line:       hex(0x7F97BA).Fade(0.24),
		Track:      hex(0x9FB1C9).Fade(0.16),
		Danger:     hex(0xFF6B6B),
	}
}

func lightPalette() Palette {
	return Palette{
		Ground:     hex(0xF5F3EC),
		Glow:       hex(0xFDFCF9),
		Surface:    hex(0xFFFFFF),
		SurfaceTop: hex(0xFFFFFF),
		Shadow:     hex(0x3C3726).Fade(0.20),
		Text:       hex(0x16202E),
		Muted:      hex(0x566579),
		Line:       hex(0x3D4B60).Fade(0.22),
		Track:      hex(0x3D4B60).Fade(0.14),
		Danger:     hex(0xC62828),
	}
}

// strengthen makes the palette one of high contrast.
func (p *Palette) strengthen(dark bool) {
	p.Muted = p.Muted.Mix(p.Text, 0.7)
	p.Line = p.Line.Mix(p.Text, 0.4)
	p.Line.A = 150
	p.Track.A = 90
	if dark {
		p.Ground, p.Glow = hex(0x000000), hex(0x000000)
		p.Text = hex(0xFFFFFF)
		return
	}
	p.Ground, p.Glow = hex(0xFFFFFF), hex(0xFFFFFF)
	p.Text = hex(0x000000)
}

// term derives how a term looks from its colour.
func (p *Palette) term(colour Colour, theme Theme) TermColour {
	t := TermColour{Fill: colour, Edge: colour, On: hex(0x0B1220)}
	if white := hex(0xFFFFFF); Contrast(white, colour) > Contrast(t.On, colour) {
		t.On = white
	}
	toward := p.Text
	for Contrast(t.Edge, p.Ground) < 3 {
		t.Edge = t.Edge.Mix(toward, 0.1)
	}
	if theme.Dark {
		t.Top = p.SurfaceTop.Mix(colour, 0.05)
		t.Base = p.Surface.Mix(colour, 0.02)
		t.Cell = p.Surface.Mix(colour, 0.16)
		return t
	}
	t.Top = p.Surface.Mix(colour, 0.06)
	t.Base = p.Surface.Mix(colour, 0.14)
	t.Cell = p.Surface.Mix(colour, 0.14)
	return t
}

// Term returns how a term looks.
func (p *Palette) Term(term raft.Term) *TermColour {
	if term == 0 {
		return &p.NoTerm
	}
	return &p.Terms[(term-1)%raft.Term(len(p.Terms))]
}
