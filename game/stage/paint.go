package stage

import (
	_ "embed"
	"fmt"
	"image"
	"unsafe"

	"github.com/hajimehoshi/ebiten/v2"

	"raftarium/game/mesh"
	"raftarium/game/typeface"
)

//go:embed shapes.kage
var shapesKage []byte

// painter draws a mesh in one call.
type painter struct {
	shader  *ebiten.Shader
	letters *ebiten.Image
	pixels  []byte
	options ebiten.DrawTrianglesShaderOptions
}

func (p *painter) prepare() error {
	shader, err := ebiten.NewShader(shapesKage)
	if err != nil {
		return fmt.Errorf("compiling shapes.kage: %w", err)
	}
	p.shader = shader
	p.letters = ebiten.NewImage(typeface.AtlasSize, typeface.AtlasSize)
	p.options.Images[0] = p.letters
	return nil
}

func (p *painter) draw(screen *ebiten.Image, m *mesh.Builder, atlas *typeface.Atlas) {
	p.upload(atlas)
	screen.DrawTrianglesShader32(asEbiten(m.Vertices), m.Indices, p.shader, &p.options)
}

// upload brings letters that are new to the graphics card, as white of their
// ink's strength.
func (p *painter) upload(atlas *typeface.Atlas) {
	area := atlas.Changed
	if area.Empty() {
		return
	}
	atlas.Changed = image.Rectangle{}
	p.pixels = p.pixels[:0]
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := atlas.Picture.Pix[atlas.Picture.PixOffset(area.Min.X, y):][:area.Dx()]
		for _, ink := range row {
			p.pixels = append(p.pixels, ink, ink, ink, ink)
		}
	}
	p.letters.SubImage(area).(*ebiten.Image).WritePixels(p.pixels)
}

// asEbiten looks at corners as Ebitengine's, which have the same fields in the
// same order, without copying them. That they are the same is checked by the
// compiler in the conversion below.
func asEbiten(corners []mesh.Vertex) []ebiten.Vertex {
	if len(corners) == 0 {
		return nil
	}
	_ = ebiten.Vertex(corners[0])
	return unsafe.Slice((*ebiten.Vertex)(unsafe.Pointer(&corners[0])), len(corners))
}
