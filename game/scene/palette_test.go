package scene

import (
	"fmt"
	"math"
	"testing"

	"raftarium/raft"
)

// everyTheme calls do with each palette.
func everyTheme(t *testing.T, do func(t *testing.T, p *Palette)) {
	for _, dark := range []bool{true, false} {
		for _, contrast := range []bool{true, false} {
			theme := Theme{Dark: dark, Contrast: contrast}
			t.Run(fmt.Sprintf("%+v", theme), func(t *testing.T) { do(t, NewPalette(theme)) })
		}
	}
}

func TestWordsStandOut(t *testing.T) {
	everyTheme(t, func(t *testing.T, p *Palette) {
		check := func(what string, words, ground Colour, least float64) {
			t.Helper()
			if got := Contrast(words.Over(ground), ground); got < least {
				t.Errorf("%s: contrast %.2f, want at least %.1f", what, got, least)
			}
		}
		check("text on the ground", p.Text, p.Ground, 7)
		check("text on the glow", p.Text, p.Glow, 7)
		check("muted text on the ground", p.Muted, p.Ground, 4.5)
		check("muted text on the glow", p.Muted, p.Glow, 4.5)
		check("muted text on a track", p.Muted, p.Surface, 4.5)
		check("danger on the ground", p.Danger, p.Ground, 4.5)
		check("danger on the glow", p.Danger, p.Glow, 4.5)
		for term := range raft.Term(len(p.Terms) + 1) {
			colour := p.Term(term)
			name := fmt.Sprintf("term %d: ", term)
			check(name+"number on a committed cell", colour.On, colour.Fill, 4.5)
			check(name+"number on a stored cell", p.Text, colour.Cell, 4.5)
			check(name+"name on a server, above", p.Text, colour.Top, 4.5)
			check(name+"name on a server, below", p.Text, colour.Base, 4.5)
			check(name+"ring on the ground", colour.Edge, p.Ground, 3)
		}
	})
}

func TestTermsThatFollowOneAnotherDiffer(t *testing.T) {
	const least = 14 // as seen with any kind of colour vision
	for _, vision := range []struct {
		name string
		see  func(r, g, b float64) (float64, float64, float64)
	}{
		{"full", func(r, g, b float64) (float64, float64, float64) { return r, g, b }},
		{"without red cones", protanopia},
		{"without green cones", deuteranopia},
	} {
		for i, rgb := range termColours {
			next := termColours[(i+1)%len(termColours)]
			difference := deltaE(lab(hex(rgb), vision.see), lab(hex(next), vision.see))
			if difference < least {
				t.Errorf("%s: #%06X and #%06X differ by %.1f, want at least %d", vision.name, rgb, next, difference, least)
			}
		}
	}
}

func TestDeltaEOfPublishedPairs(t *testing.T) {
	// From Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", table 1.
	pairs := []struct {
		a, b [3]float64
		want float64
	}{
		{[3]float64{50, 2.6772, -79.7751}, [3]float64{50, 0, -82.7485}, 2.0425},
		{[3]float64{50, -1.3802, -84.2814}, [3]float64{50, 0, -82.7485}, 1.0000},
		{[3]float64{50, 2.5, 0}, [3]float64{73, 25, -18}, 27.1492},
		{[3]float64{90.8027, -2.0831, 1.4410}, [3]float64{91.1528, -1.6435, 0.0447}, 1.4441},
	}
	for _, pair := range pairs {
		if got := deltaE(pair.a, pair.b); math.Abs(got-pair.want) > 0.0001 {
			t.Errorf("%v and %v: %.4f, want %.4f", pair.a, pair.b, got, pair.want)
		}
	}
}

// What eyes without one kind of cones see, by Viénot, Brettel and Mollon
// (1999), of linear light.
func protanopia(r, g, b float64) (float64, float64, float64) {
	return 0.11238*r + 0.88762*g, 0.11238*r + 0.88762*g, 0.00401*r - 0.00401*g + b
}

func deuteranopia(r, g, b float64) (float64, float64, float64) {
	return 0.29275*r + 0.70725*g, 0.29275*r + 0.70725*g, -0.02234*r + 0.02234*g + b
}

// lab is a colour in CIELAB under the white D65, as a kind of vision sees it.
func lab(c Colour, see func(r, g, b float64) (float64, float64, float64)) [3]float64 {
	r, g, b := see(linear(c.R), linear(c.G), linear(c.B))
	x := (0.4124*r + 0.3576*g + 0.1805*b) / 0.95047
	y := 0.2126*r + 0.7152*g + 0.0722*b
	z := (0.0193*r + 0.1192*g + 0.9505*b) / 1.08883
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

// deltaE is the CIEDE2000 colour difference.
func deltaE(a, b [3]float64) float64 {
	const degree = math.Pi / 180
	seventh := func(c float64) float64 { return math.Sqrt(math.Pow(c, 7) / (math.Pow(c, 7) + math.Pow(25, 7))) }
	g := 0.5 * (1 - seventh((math.Hypot(a[1], a[2])+math.Hypot(b[1], b[2]))/2))
	a1, a2 := a[1]*(1+g), b[1]*(1+g)
	c1, c2 := math.Hypot(a1, a[2]), math.Hypot(a2, b[2])
	hue := func(x, y float64) float64 {
		if x == 0 && y == 0 {
			return 0
		}
		return math.Mod(math.Atan2(y, x)/degree+360, 360)
	}
	h1, h2 := hue(a1, a[2]), hue(a2, b[2])
	turn, mean := h2-h1, (h1+h2)/2
	if c1*c2 == 0 {
		turn, mean = 0, h1+h2
	} else if math.Abs(turn) > 180 {
		turn -= math.Copysign(360, turn)
		mean = math.Mod(mean+180, 360)
	}
	dl, dc := b[0]-a[0], c2-c1
	dh := 2 * math.Sqrt(c1*c2) * math.Sin(turn/2*degree)
	l, c := (a[0]+b[0])/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos((mean-30)*degree) + 0.24*math.Cos(2*mean*degree) +
		0.32*math.Cos((3*mean+6)*degree) - 0.20*math.Cos((4*mean-63)*degree)
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc, sh := 1+0.045*c, 1+0.015*c*t
	rt := -2 * seventh(c) * math.Sin(60*math.Exp(-math.Pow((mean-275)/25, 2))*degree)
	return math.Sqrt(math.Pow(dl/sl, 2) + math.Pow(dc/sc, 2) + math.Pow(dh/sh, 2) + rt*(dc/sc)*(dh/sh))
}
