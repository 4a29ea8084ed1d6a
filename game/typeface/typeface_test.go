package typeface_test

import (
	"image"
	"testing"

	"raftarium/assets/fonts"
	"raftarium/game/typeface"
)

func family(t testing.TB) *typeface.Family {
	t.Helper()
	f, err := typeface.NewFamily(fonts.StageMedium, fonts.StageSemiBold)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAllLettersOfTheStageAreThere(t *testing.T) {
	f := family(t)
	for _, letter := range "S1 T12 x=4 Leader … · → ← × ‖ ✓ ✗ < ₀₉" {
		if !f.Has(letter) {
			t.Errorf("the stage font lacks %q", letter)
		}
	}
	if f.Has('語') {
		t.Error("the stage font claims a letter that it has not")
	}
}

func TestWidthIsTheSumOfTheAdvances(t *testing.T) {
	f := family(t)
	want := (f.Advance('S', typeface.SemiBold) + f.Advance('1', typeface.SemiBold)) * 16
	if got := f.Width("S1", typeface.SemiBold, 16); got != want {
		t.Errorf("S1 is %g wide, want %g", got, want)
	}
}

func TestLettersInTheAtlasDoNotTouch(t *testing.T) {
	atlas := typeface.NewAtlas(family(t))
	var taken []image.Rectangle
	for _, size := range []float32{11, 13, 22} {
		for letter := '!'; letter < 127; letter++ {
			glyph, err := atlas.Glyph(letter, typeface.Medium, size, 0)
			if err != nil {
				t.Fatal(err)
			}
			if glyph.Width == 0 {
				t.Fatalf("%q of %g pixels has no picture", letter, size)
			}
			area := image.Rect(glyph.X-1, glyph.Y-1, glyph.X+glyph.Width, glyph.Y+glyph.Height)
			for _, other := range taken {
				if area.Overlaps(other) {
					t.Fatalf("%q of %g pixels lies over another letter", letter, size)
				}
			}
			taken = append(taken, area)
			if !hasInk(atlas.Picture, area) {
				t.Errorf("%q of %g pixels is blank", letter, size)
			}
		}
	}
}

func TestAFullAtlasBeginsAnew(t *testing.T) {
	atlas := typeface.NewAtlas(family(t))
	for size := float32(40); size < 120; size++ {
		for letter := '0'; letter < 'z'; letter++ {
			glyph, err := atlas.Glyph(letter, typeface.SemiBold, size, 0)
			if err != nil {
				t.Fatal(err)
			}
			area := image.Rect(glyph.X, glyph.Y, glyph.X+glyph.Width, glyph.Y+glyph.Height)
			if !area.In(atlas.Picture.Rect) {
				t.Fatalf("%q of %g pixels is outside the atlas: %v", letter, size, area)
			}
		}
	}
	first, err := atlas.Glyph('0', typeface.SemiBold, 40, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !hasInk(atlas.Picture, image.Rect(first.X, first.Y, first.X+first.Width, first.Y+first.Height)) {
		t.Error("a letter that was wiped out was not drawn again")
	}
}

func TestAKnownLetterCostsNothing(t *testing.T) {
	atlas := typeface.NewAtlas(family(t))
	ask := func() {
		for _, letter := range "S1…" {
			if _, err := atlas.Glyph(letter, typeface.Medium, 13, 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	if allocations := testing.AllocsPerRun(100, ask); allocations > 0 {
		t.Errorf("%g allocations", allocations)
	}
}

func TestAFileThatIsNoFontIsRefused(t *testing.T) {
	if _, err := typeface.NewFamily(fonts.StageMedium, []byte("not a font")); err == nil {
		t.Error("no error")
	}
}

func hasInk(picture *image.Alpha, area image.Rectangle) bool {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if picture.AlphaAt(x, y).A > 0 {
				return true
			}
		}
	}
	return false
}

func TestALetterBetweenPixelsIsDrawnThere(t *testing.T) {
	atlas := typeface.NewAtlas(family(t))
	ink := func(shift int) (weighted float64) {
		glyph, err := atlas.Glyph('l', typeface.Medium, 20, shift)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for y := range glyph.Height {
			for x := range glyph.Width {
				a := float64(atlas.Picture.AlphaAt(glyph.X+x, glyph.Y+y).A)
				weighted += a * (float64(x+glyph.Left) + 0.5)
				total += a
			}
		}
		return weighted / total
	}
	for shift := 1; shift < typeface.Shifts; shift++ {
		moved, want := ink(shift)-ink(0), float64(shift)/typeface.Shifts
		if moved < want-0.05 || moved > want+0.05 {
			t.Errorf("shift %d moves the ink by %.2f pixels, want %.2f", shift, moved, want)
		}
	}
}
