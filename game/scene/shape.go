package scene

import "raftarium/game/typeface"

// Kind is what a Shape is.
type Kind uint8

// The kinds of shapes. Beside each stand the fields of Shape that it uses
// besides X, Y, Fill and Fade, which all of them use. Where a Stroke is named and is not
// zero, only an outline so thick is drawn, centred on the edge.
const (
	Disc       Kind = iota // a circle. R, Stroke
	DashedRing             // Stroke, R, Angle, Dashes: so many, Sweep: part of the turn that is drawn, 0 to 1
	Arc                    // a part of a circle with round ends. R, Stroke, Angle: middle of the arc, Sweep: its whole angle
	Line                   // with round ends, from X, Y to X2, Y2. Stroke
	DashedLine             // the same with dashes. R: length of a dash and its gap, Sweep: part of that which is drawn
	Box                    // X2, Y2: half its width and height. R: radius of its corners, Stroke, Angle
	DashedBox              // the outline of a box. X2, Y2, R, Stroke, Angle; Sweep: length of a dash and its gap
	Polygon                // regular. R: radius of its corners' circle, Sides, Stroke, Angle
	Glow                   // a disc that fades out toward its edge. R
	Text                   // X, Y: middle of its height, and by Align. Words, R: size, Weight
)

// Align says which point of a text stands at X.
type Align uint8

// The alignments.
const (
	Centre Align = iota
	Left
	Right
)

// Shape is one thing to draw. Lengths are in CSS pixels, y grows downward,
// angles are in radians clockwise from the direction of x.
type Shape struct {
	Kind   Kind
	Sides  uint8
	Dashes uint8
	Weight typeface.Weight
	Align  Align
	X, Y   float32
	X2, Y2 float32
	R      float32
	Stroke float32
	Angle  float32
	Sweep  float32
	Fill   Colour
	Shade  Colour // colour at the lower edge; the zero Colour: the same as Fill
	Words  string
}

func (s *Scene) add(shape Shape) { s.Shapes = append(s.Shapes, shape) }

func (s *Scene) disc(x, y, r float32, fill Colour) {
	s.add(Shape{Kind: Disc, X: x, Y: y, R: r, Fill: fill})
}

func (s *Scene) ring(x, y, r, stroke float32, fill Colour) {
	s.add(Shape{Kind: Disc, X: x, Y: y, R: r, Stroke: stroke, Fill: fill})
}

func (s *Scene) arc(x, y, r, stroke, angle, sweep float32, fill Colour) {
	s.add(Shape{Kind: Arc, X: x, Y: y, R: r, Stroke: stroke, Angle: angle, Sweep: sweep, Fill: fill})
}

func (s *Scene) line(x, y, x2, y2, stroke float32, fill Colour) {
	s.add(Shape{Kind: Line, X: x, Y: y, X2: x2, Y2: y2, Stroke: stroke, Fill: fill})
}

func (s *Scene) dashedLine(x, y, x2, y2, stroke, period, part float32, fill Colour) {
	s.add(Shape{Kind: DashedLine, X: x, Y: y, X2: x2, Y2: y2, Stroke: stroke, R: period, Sweep: part, Fill: fill})
}

// box draws a box with its centre at x, y, and half its size given.
func (s *Scene) box(x, y, halfWidth, halfHeight, corner, stroke, angle float32, fill Colour) {
	s.add(Shape{Kind: Box, X: x, Y: y, X2: halfWidth, Y2: halfHeight, R: corner, Stroke: stroke, Angle: angle, Fill: fill})
}

func (s *Scene) polygon(x, y, r float32, sides uint8, stroke, angle float32, fill Colour) {
	s.add(Shape{Kind: Polygon, X: x, Y: y, R: r, Sides: sides, Stroke: stroke, Angle: angle, Fill: fill})
}

func (s *Scene) glow(x, y, r float32, fill Colour) {
	s.add(Shape{Kind: Glow, X: x, Y: y, R: r, Fill: fill})
}

func (s *Scene) text(words string, x, y, size float32, weight typeface.Weight, align Align, fill Colour) {
	s.add(Shape{Kind: Text, X: x, Y: y, R: size, Weight: weight, Align: align, Fill: fill, Words: words})
}

// tick draws ✓, size is half its width.
func (s *Scene) tick(x, y, size, stroke float32, fill Colour) {
	s.line(x-size, y+size*0.05, x-size*0.3, y+size*0.7, stroke, fill)
	s.line(x-size*0.3, y+size*0.7, x+size, y-size*0.7, stroke, fill)
}

// cross draws ✕, size is half its width.
func (s *Scene) cross(x, y, size, stroke float32, fill Colour) {
	s.line(x-size, y-size, x+size, y+size, stroke, fill)
	s.line(x-size, y+size, x+size, y-size, stroke, fill)
}
