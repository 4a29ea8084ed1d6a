package scene

import "math"

// Colour is a colour of the sRGB space with straight (not premultiplied) alpha.
type Colour struct{ R, G, B, A uint8 }

// hex makes an opaque colour of its usual notation, 0xRRGGBB.
func hex(rgb uint32) Colour {
	return Colour{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 255}
}

// Fade returns the colour with its alpha multiplied by part, 0 to 1.
func (c Colour) Fade(part float32) Colour {
	part = min(max(part, 0), 1)
	c.A = uint8(float32(c.A)*part + 0.5)
	return c
}

// Mix returns the colour that lies at part, 0 to 1, of the way to another one.
func (c Colour) Mix(other Colour, part float32) Colour {
	part = min(max(part, 0), 1)
	mix := func(a, b uint8) uint8 { return uint8(float32(a) + (float32(b)-float32(a))*part + 0.5) }
	return Colour{mix(c.R, other.R), mix(c.G, other.G), mix(c.B, other.B), mix(c.A, other.A)}
}

// Over returns the opaque colour that one sees when the colour lies on an
// opaque ground.
func (c Colour) Over(ground Colour) Colour {
	solid := c
	solid.A = 255
	return ground.Mix(solid, float32(c.A)/255)
}

// Contrast is the contrast ratio of two opaque colours by WCAG 2: 1 to 21.
func Contrast(a, b Colour) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

func (c Colour) luminance() float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}
