// Package mesh turns the shapes of a scene into the corners of triangles, in
// one buffer that one call draws. Each shape is a rectangle that holds it, and
// tells at its corners which distance a shader must measure to draw the shape
// smoothly at any size. The shader is in package stage, which alone knows the graphics
// library; here is all that can be tested without one.
package mesh

import (
	"fmt"
	"math"

	"raftarium/game/scene"
	"raftarium/game/typeface"
)

// Vertex is a corner. Its fields are those of the graphics library, in the
// same order. Src is where the corner is in the shape's own frame: the middle
// of the shape is at 0, 0 and its angle is undone; of a letter, where it is in the
// atlas. The colour is premultiplied. Custom0 is the form plus its stroke, see
// formAndStroke; the rest depends on the form.
type Vertex struct {
	DstX, DstY                         float32
	SrcX, SrcY                         float32
	ColorR, ColorG, ColorB, ColorA     float32
	Custom0, Custom1, Custom2, Custom3 float32
}

// The forms that the shader knows. Beside each stand Custom1, Custom2 and
// Custom3. All lengths are in device pixels.
const (
	letter     = iota // none of them is used
	box               // half its width, half its height, radius of its corners
	dashedBox         // the same; Custom3 is 64 times the whole pixels of a dash and its gap, plus the corners' radius
	dashedRing        // radius, number of dashes, part that is drawn
	arc               // radius, cosine and sine of half the angle
	dashedLine        // half its length, length of a dash and its gap, part that is drawn
	polygon           // radius, number of sides
	glow              // radius
)

// Builder makes meshes. It uses its buffers again, so a mesh after the first
// costs no memory. It must be used from one goroutine at a time.
type Builder struct {
	Vertices []Vertex // of the last mesh
	Indices  []uint32 // of its triangles

	family *typeface.Family
	atlas  *typeface.Atlas
	ratio  float32
	known  []uint32 // indices for as many rectangles as there ever were
}

// New makes a builder whose letters are in the given atlas.
func New(atlas *typeface.Atlas) *Builder {
	return &Builder{family: atlas.Family(), atlas: atlas}
}

// Build makes the mesh of the shapes for a screen with so many device pixels a
// CSS pixel. It fails only if letters cannot be drawn.
func (b *Builder) Build(shapes []scene.Shape, ratio float32) error {
	b.Vertices = b.Vertices[:0]
	b.ratio = ratio
	for i := range shapes {
		if shapes[i].Fill.A == 0 && shapes[i].Shade.A == 0 {
			continue
		}
		if shapes[i].Kind != scene.Text {
			b.add(&shapes[i])
			continue
		}
		if err := b.addText(&shapes[i]); err != nil {
			return fmt.Errorf("drawing %q: %w", shapes[i].Words, err)
		}
	}
	b.number()
	return nil
}

// number makes the indices: two triangles for every four corners.
func (b *Builder) number() {
	rectangles := len(b.Vertices) / 4
	for i := len(b.known) / 6; i < rectangles; i++ {
		first := uint32(4 * i)
		b.known = append(b.known, first, first+1, first+2, first+1, first+3, first+2)
	}
	b.Indices = b.known[:6*rectangles]
}

// formAndStroke packs a form and the thickness of its outline, 0 to 64 device
// pixels, into one number that survives the rounding of a graphics card.
func formAndStroke(form int, stroke float32) float32 {
	return float32(form) + 0.25 + min(max(stroke, 0), 63)/128
}

// frame is a rectangle around a shape in the shape's own frame, and its turn.
type frame struct {
	x, y, halfWidth, halfHeight float32
	sin, cos                    float32
}

func (b *Builder) add(s *scene.Shape) {
	k := b.ratio
	f := frame{x: s.X * k, y: s.Y * k, cos: 1}
	stroke, r := s.Stroke*k, s.R*k
	switch s.Kind {
	case scene.Disc:
		f.reach(r+stroke/2, r+stroke/2)
		b.put(f, s, formAndStroke(box, stroke), r, r, r)
	case scene.DashedRing:
		f.turn(s.Angle)
		f.reach(r+stroke/2, r+stroke/2)
		b.put(f, s, formAndStroke(dashedRing, stroke), r, float32(s.Dashes), s.Sweep)
	case scene.Arc:
		f.turn(s.Angle)
		f.reach(r+stroke/2, r+stroke/2)
		sin, cos := math.Sincos(float64(min(s.Sweep/2, math.Pi)))
		b.put(f, s, formAndStroke(arc, stroke), r, float32(cos), float32(sin))
	case scene.Line, scene.DashedLine:
		b.addLine(f, s)
	case scene.Box, scene.DashedBox:
		b.addBox(f, s)
	case scene.Polygon:
		f.turn(s.Angle)
		f.reach(r+stroke, r+stroke)
		b.put(f, s, formAndStroke(polygon, stroke), r, float32(s.Sides), 0)
	case scene.Glow:
		f.reach(r, r)
		b.put(f, s, formAndStroke(glow, 0), r, 0, 0)
	}
}

func (f *frame) turn(angle float32) {
	if angle == 0 {
		return
	}
	sin, cos := math.Sincos(float64(angle))
	f.sin, f.cos = float32(sin), float32(cos)
}

// reach makes the rectangle large enough, with room for a smooth edge.
func (f *frame) reach(halfWidth, halfHeight float32) {
	f.halfWidth, f.halfHeight = halfWidth+1, halfHeight+1
}

func (b *Builder) addLine(f frame, s *scene.Shape) {
	k := b.ratio
	dx, dy := (s.X2-s.X)*k, (s.Y2-s.Y)*k
	length := float32(math.Hypot(float64(dx), float64(dy)))
	half, thick := length/2, s.Stroke*k/2
	f.x, f.y = f.x+dx/2, f.y+dy/2
	if length > 1e-3 {
		f.sin, f.cos = dy/length, dx/length
	}
	f.reach(half+thick, thick)
	if s.Kind == scene.DashedLine {
		b.put(f, s, formAndStroke(dashedLine, s.Stroke*k), half, s.R*k, s.Sweep)
		return
	}
	b.put(f, s, formAndStroke(box, 0), half+thick, thick, thick)
}

func (b *Builder) addBox(f frame, s *scene.Shape) {
	k := b.ratio
	halfWidth, halfHeight, stroke := s.X2*k, s.Y2*k, s.Stroke*k
	corner := min(s.R*k, halfWidth, halfHeight)
	f.turn(s.Angle)
	f.reach(halfWidth+stroke/2, halfHeight+stroke/2)
	if s.Kind == scene.DashedBox {
		period := float32(math.Round(float64(max(s.Sweep*k, 2))))
		b.put(f, s, formAndStroke(dashedBox, stroke), halfWidth, halfHeight, 64*period+min(max(corner, 0.5), 60))
		return
	}
	b.put(f, s, formAndStroke(box, stroke), halfWidth, halfHeight, corner)
}

// put adds the four corners of a frame.
func (b *Builder) put(f frame, s *scene.Shape, custom0, custom1, custom2, custom3 float32) {
	upper := premultiplied(s.Fill)
	lower := upper
	if s.Shade != (scene.Colour{}) {
		lower = premultiplied(s.Shade)
	}
	for i := range 4 {
		x, y, colour := -f.halfWidth, -f.halfHeight, &upper
		if i&1 == 1 {
			x = f.halfWidth
		}
		if i&2 == 2 {
			y, colour = f.halfHeight, &lower
		}
		b.Vertices = append(b.Vertices, Vertex{
			DstX: f.x + x*f.cos - y*f.sin, DstY: f.y + x*f.sin + y*f.cos,
			SrcX: x, SrcY: y,
			ColorR: colour[0], ColorG: colour[1], ColorB: colour[2], ColorA: colour[3],
			Custom0: custom0, Custom1: custom1, Custom2: custom2, Custom3: custom3,
		})
	}
}

func premultiplied(c scene.Colour) [4]float32 {
	alpha := float32(c.A) / 255
	return [4]float32{float32(c.R) / 255 * alpha, float32(c.G) / 255 * alpha, float32(c.B) / 255 * alpha, alpha}
}

// addText adds a rectangle for each letter, on whole pixels, so that it is as
// sharp as it was drawn. Where within its pixel a letter begins is in its picture.
func (b *Builder) addText(s *scene.Shape) error {
	pixels := typeface.Pixels(s.R, b.ratio)
	pen := s.X * b.ratio
	if s.Align != scene.Left {
		width := b.family.Width(s.Words, s.Weight, pixels)
		if s.Align == scene.Centre {
			width /= 2
		}
		pen -= width
	}
	baseline := floor(s.Y*b.ratio + pixels*typeface.CapHeight/2 + 0.5)
	colour := premultiplied(s.Fill)
	for _, symbol := range s.Words {
		at := floor(pen*typeface.Shifts+0.5) / typeface.Shifts
		whole := floor(at)
		glyph, err := b.atlas.Glyph(symbol, s.Weight, pixels, int((at-whole)*typeface.Shifts))
		if err != nil {
			return err
		}
		b.putLetter(&glyph, whole+float32(glyph.Left), baseline+float32(glyph.Top), &colour)
		pen += b.family.Advance(symbol, s.Weight) * pixels
	}
	return nil
}

func floor(v float32) float32 { return float32(math.Floor(float64(v))) }

func (b *Builder) putLetter(glyph *typeface.Glyph, x, y float32, colour *[4]float32) {
	if glyph.Width == 0 {
		return
	}
	width, height := float32(glyph.Width), float32(glyph.Height)
	for i := range 4 {
		right, down := float32(i&1), float32(i>>1)
		b.Vertices = append(b.Vertices, Vertex{
			DstX: x + right*width, DstY: y + down*height,
			SrcX: float32(glyph.X) + right*width, SrcY: float32(glyph.Y) + down*height,
			ColorR: colour[0], ColorG: colour[1], ColorB: colour[2], ColorA: colour[3],
			Custom0: formAndStroke(letter, 0),
		})
	}
}
