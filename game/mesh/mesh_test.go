package mesh_test

import (
	"math"
	"testing"

	"raftarium/assets/fonts"
	"raftarium/game/mesh"
	"raftarium/game/scene"
	"raftarium/game/typeface"
)

func builder(t testing.TB) *mesh.Builder {
	t.Helper()
	family, err := typeface.NewFamily(fonts.StageMedium, fonts.StageSemiBold)
	if err != nil {
		t.Fatal(err)
	}
	return mesh.New(typeface.NewAtlas(family))
}

func build(t *testing.T, ratio float32, shapes ...scene.Shape) []mesh.Vertex {
	t.Helper()
	b := builder(t)
	if err := b.Build(shapes, ratio); err != nil {
		t.Fatal(err)
	}
	if want := len(b.Vertices) / 4 * 6; len(b.Indices) != want {
		t.Fatalf("%d indices for %d corners, want %d", len(b.Indices), len(b.Vertices), want)
	}
	for _, index := range b.Indices {
		if int(index) >= len(b.Vertices) {
			t.Fatalf("index %d of %d corners", index, len(b.Vertices))
		}
	}
	return b.Vertices
}

var white = scene.Colour{R: 255, G: 255, B: 255, A: 255}

func TestAShapeLiesInsideItsRectangle(t *testing.T) {
	shapes := map[string]scene.Shape{
		"disc":        {Kind: scene.Disc, X: 50, Y: 40, R: 10},
		"ring":        {Kind: scene.Disc, X: 50, Y: 40, R: 10, Stroke: 4},
		"dashed ring": {Kind: scene.DashedRing, X: 50, Y: 40, R: 10, Stroke: 4, Dashes: 8, Sweep: 0.5},
		"arc":         {Kind: scene.Arc, X: 50, Y: 40, R: 10, Stroke: 4, Sweep: 2},
		"box":         {Kind: scene.Box, X: 50, Y: 40, X2: 10, Y2: 12, R: 3},
		"frame":       {Kind: scene.Box, X: 50, Y: 40, X2: 10, Y2: 12, R: 3, Stroke: 4},
		"dashed box":  {Kind: scene.DashedBox, X: 50, Y: 40, X2: 10, Y2: 12, R: 3, Stroke: 4, Sweep: 6},
		"polygon":     {Kind: scene.Polygon, X: 50, Y: 40, R: 10, Sides: 6},
		"glow":        {Kind: scene.Glow, X: 50, Y: 40, R: 10},
	}
	for name, shape := range shapes {
		shape.Fill = white
		for _, ratio := range []float32{1, 2} {
			corners := build(t, ratio, shape)
			if len(corners) != 4 {
				t.Fatalf("%s: %d corners", name, len(corners))
			}
			reach := (10 + shape.Stroke/2) * ratio
			for _, c := range corners {
				if dx := abs(c.DstX - 50*ratio); dx < reach || dx > reach+4*ratio {
					t.Errorf("%s at ratio %g: a corner is %g from the middle, want about %g", name, ratio, dx, reach)
				}
			}
		}
	}
}

func TestALineReachesFromEndToEnd(t *testing.T) {
	corners := build(t, 1, scene.Shape{Kind: scene.Line, X: 10, Y: 10, X2: 40, Y2: 50, Stroke: 4, Fill: white})
	for _, c := range corners {
		// Undo the line's direction, 3:4, around its middle.
		dx, dy := c.DstX-25, c.DstY-30
		along, across := dx*0.6+dy*0.8, dy*0.6-dx*0.8
		if abs(abs(along)-28) > 0.01 || abs(abs(across)-3) > 0.01 {
			t.Errorf("a corner is %g along and %g across, want 28 and 3", along, across)
		}
		if abs(along-c.SrcX) > 0.01 || abs(across-c.SrcY) > 0.01 {
			t.Errorf("its own frame says %g, %g, want %g, %g", c.SrcX, c.SrcY, along, across)
		}
	}
}

func TestLettersStandOnWholePixels(t *testing.T) {
	for _, ratio := range []float32{1, 1.5, 2} {
		corners := build(t, ratio, scene.Shape{Kind: scene.Text, X: 33.3, Y: 21.7, R: 13, Words: "S1 · T2", Fill: white})
		if len(corners) != 5*4 {
			t.Errorf("%d corners for five letters that have a picture", len(corners))
		}
		for _, c := range corners {
			if c.DstX != float32(math.Floor(float64(c.DstX))) || c.DstY != float32(math.Floor(float64(c.DstY))) {
				t.Fatalf("a letter's corner is at %g, %g", c.DstX, c.DstY)
			}
		}
		for i := 0; i < len(corners); i += 4 {
			a, b := corners[i], corners[i+3]
			if b.DstX-a.DstX != b.SrcX-a.SrcX || b.DstY-a.DstY != b.SrcY-a.SrcY {
				t.Errorf("a letter of %g by %g pixels is drawn %g by %g", b.SrcX-a.SrcX, b.SrcY-a.SrcY, b.DstX-a.DstX, b.DstY-a.DstY)
			}
		}
	}
}

func TestTextIsAligned(t *testing.T) {
	span := func(align scene.Align) (left, right float32) {
		corners := build(t, 1, scene.Shape{Kind: scene.Text, X: 100, Y: 20, R: 14, Words: "HH", Align: align, Fill: white})
		return corners[0].DstX, corners[len(corners)-1].DstX
	}
	if left, right := span(scene.Centre); abs((left+right)/2-100) > 1.5 {
		t.Errorf("centred: from %g to %g", left, right)
	}
	if left, _ := span(scene.Left); left < 100 || left > 103 {
		t.Errorf("left: from %g", left)
	}
	if _, right := span(scene.Right); right > 100 || right < 97 {
		t.Errorf("right: to %g", right)
	}
}

func TestColoursArePremultiplied(t *testing.T) {
	half := scene.Colour{R: 255, G: 0, B: 102, A: 51}
	c := build(t, 1, scene.Shape{Kind: scene.Disc, R: 5, Fill: half})[0]
	if abs(c.ColorR-0.2) > 1e-6 || c.ColorG != 0 || abs(c.ColorB-0.08) > 1e-6 || abs(c.ColorA-0.2) > 1e-6 {
		t.Errorf("%+v", c)
	}
}

func TestWhatCannotBeSeenIsLeftOut(t *testing.T) {
	if corners := build(t, 1, scene.Shape{Kind: scene.Disc, R: 5}); len(corners) != 0 {
		t.Errorf("%d corners", len(corners))
	}
}

func abs(v float32) float32 { return float32(math.Abs(float64(v))) }
