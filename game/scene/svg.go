package scene

import (
	"bufio"
	"fmt"
	"io"
	"math"

	"raftarium/game/typeface"
)

// WriteSVG writes the shapes of a scene as a picture of the given size in CSS
// pixels. Its letters are Inter's where that is installed. The error is the writer's.
func WriteSVG(out io.Writer, shapes []Shape, width, height float32) error {
	w := svgWriter{Writer: bufio.NewWriter(out)}
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s"`, num(width), num(height), num(width), num(height))
	w.printf(` font-family="Inter, sans-serif" font-feature-settings="'tnum','kern' 0" stroke-linecap="round">` + "\n")
	for i := range shapes {
		w.shape(&shapes[i])
	}
	w.printf("</svg>\n")
	return w.Flush()
}

// svgWriter keeps the first error, as bufio.Writer does.
type svgWriter struct {
	*bufio.Writer
	gradients int
}

func (w *svgWriter) printf(format string, values ...any) { fmt.Fprintf(w.Writer, format, values...) }

// num writes a length as short as it can be.
func num(v float32) string { return fmt.Sprintf("%.4g", math.Round(float64(v)*100)/100) }

func (w *svgWriter) shape(s *Shape) {
	switch s.Kind {
	case Disc:
		w.printf(`<circle cx="%s" cy="%s" r="%s"`, num(s.X), num(s.Y), num(s.R))
		w.paint(s)
	case DashedRing:
		turn := 2 * math.Pi * s.R / float32(s.Dashes)
		w.printf(`<circle cx="%s" cy="%s" r="%s" stroke-dasharray="%s %s" stroke-linecap="butt"`, num(s.X), num(s.Y), num(s.R), num(turn*s.Sweep), num(turn*(1-s.Sweep)))
		w.turn(s)
		w.paint(s)
	case Arc:
		w.arc(s)
	case Line:
		w.printf(`<path d="M%s %sL%s %s"`, num(s.X), num(s.Y), num(s.X2), num(s.Y2))
		w.paint(s)
	case DashedLine:
		w.printf(`<path d="M%s %sL%s %s" stroke-linecap="butt" stroke-dasharray="%s %s"`, num(s.X), num(s.Y), num(s.X2), num(s.Y2), num(s.R*s.Sweep), num(s.R*(1-s.Sweep)))
		w.paint(s)
	case Box, DashedBox:
		w.printf(`<rect x="%s" y="%s" width="%s" height="%s" rx="%s"`, num(s.X-s.X2), num(s.Y-s.Y2), num(2*s.X2), num(2*s.Y2), num(min(s.R, s.X2, s.Y2)))
		if s.Kind == DashedBox {
			w.printf(` stroke-linecap="butt" stroke-dasharray="%s"`, num(s.Sweep/2))
		}
		w.turn(s)
		w.paint(s)
	case Polygon:
		w.polygon(s)
	case Glow:
		w.glow(s)
	case Text:
		w.text(s)
	}
}

func (w *svgWriter) turn(s *Shape) {
	if s.Angle != 0 {
		w.printf(` transform="rotate(%s %s %s)"`, num(s.Angle*180/math.Pi), num(s.X), num(s.Y))
	}
}

// paint ends an element with its colours.
func (w *svgWriter) paint(s *Shape) {
	if s.Stroke > 0 {
		w.printf(` fill="none" stroke="%s" stroke-opacity="%s" stroke-width="%s"/>`+"\n", code(s.Fill), alpha(s.Fill), num(s.Stroke))
		return
	}
	if s.Shade == (Colour{}) {
		w.printf(` fill="%s" fill-opacity="%s"/>`+"\n", code(s.Fill), alpha(s.Fill))
		return
	}
	w.gradients++
	w.printf(` fill="url(#g%d)"/>`, w.gradients)
	w.printf(`<linearGradient id="g%d" x2="0" y2="1"><stop stop-color="%s" stop-opacity="%s"/>`, w.gradients, code(s.Fill), alpha(s.Fill))
	w.printf(`<stop offset="1" stop-color="%s" stop-opacity="%s"/></linearGradient>`+"\n", code(s.Shade), alpha(s.Shade))
}

func code(c Colour) string  { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
func alpha(c Colour) string { return num(float32(c.A) / 255) }

func (w *svgWriter) arc(s *Shape) {
	if s.Sweep >= 2*math.Pi-0.001 {
		w.printf(`<circle cx="%s" cy="%s" r="%s"`, num(s.X), num(s.Y), num(s.R))
		w.paint(s)
		return
	}
	point := func(angle float32) (string, string) {
		sin, cos := math.Sincos(float64(angle))
		return num(s.X + s.R*float32(cos)), num(s.Y + s.R*float32(sin))
	}
	x, y := point(s.Angle - s.Sweep/2)
	x2, y2 := point(s.Angle + s.Sweep/2)
	large := 0
	if s.Sweep > math.Pi {
		large = 1
	}
	w.printf(`<path d="M%s %sA%s %s 0 %d 1 %s %s"`, x, y, num(s.R), num(s.R), large, x2, y2)
	w.paint(s)
}

func (w *svgWriter) polygon(s *Shape) {
	w.printf(`<polygon stroke-linejoin="round" points="`)
	for i := range int(s.Sides) {
		sin, cos := math.Sincos(float64(s.Angle) + 2*math.Pi*float64(i)/float64(s.Sides))
		w.printf("%s,%s ", num(s.X+s.R*float32(cos)), num(s.Y+s.R*float32(sin)))
	}
	w.printf(`"`)
	w.paint(s)
}

func (w *svgWriter) glow(s *Shape) {
	w.gradients++
	w.printf(`<radialGradient id="g%d"><stop stop-color="%s" stop-opacity="%s"/>`, w.gradients, code(s.Fill), alpha(s.Fill))
	for _, at := range [...]float32{0.25, 0.5, 0.75} {
		w.printf(`<stop offset="%s" stop-color="%s" stop-opacity="%s"/>`, num(at), code(s.Fill), num(float32(s.Fill.A)/255*glowAt(at)))
	}
	w.printf(`<stop offset="1" stop-color="%s" stop-opacity="0"/></radialGradient>`, code(s.Fill))
	w.printf(`<circle cx="%s" cy="%s" r="%s" fill="url(#g%d)"/>`+"\n", num(s.X), num(s.Y), num(s.R), w.gradients)
}

// glowAt is how strong a glow is at a part of its radius.
func glowAt(part float32) float32 {
	left := 1 - part
	return left * left * (3 - 2*left)
}

func (w *svgWriter) text(s *Shape) {
	anchor := [...]string{Centre: "middle", Left: "start", Right: "end"}[s.Align]
	weight := [...]int{typeface.Medium: 500, typeface.SemiBold: 600}[s.Weight]
	w.printf(`<text x="%s" y="%s" font-size="%s" font-weight="%d" text-anchor="%s" fill="%s" fill-opacity="%s">`,
		num(s.X), num(s.Y+s.R*capMiddle), num(s.R), weight, anchor, code(s.Fill), alpha(s.Fill))
	for _, letter := range s.Words {
		switch letter {
		case '<':
			w.printf("&lt;")
		case '&':
			w.printf("&amp;")
		default:
			w.printf("%c", letter)
		}
	}
	w.printf("</text>\n")
}

// capMiddle is how far the baseline is below the middle of a capital letter of
// size 1.
const capMiddle = typeface.CapHeight / 2
