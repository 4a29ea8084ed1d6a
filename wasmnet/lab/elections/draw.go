package elections

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// Curve is a sample with its name.
type Curve struct {
	Name   string
	Sample Sample
}

const (
	columns = 64
	rows    = 10
)

// Text draws how many trials were over within which time, as characters: each
// curve has a letter of its own, in the order a, b, c.
func Text(curves []Curve, until time.Duration) string {
	var grid [rows + 1][columns]byte
	for row := range grid {
		for column := range grid[row] {
			grid[row][column] = ' '
		}
	}
	for i, curve := range curves {
		last := 0
		for column := range columns {
			row := int(curve.Sample.Part(until*time.Duration(column+1)/columns)*rows + 0.5)
			for between := min(last+1, row); between <= row; between++ {
				grid[between][column] = 'a' + byte(i)
			}
			last = row
		}
	}
	var text strings.Builder
	for row := rows; row >= 0; row-- {
		fmt.Fprintf(&text, "%4d %% |%s\n", 100*row/rows, strings.TrimRight(string(grid[row][:]), " "))
	}
	fmt.Fprintf(&text, "       +%s\n        0%*s\n", strings.Repeat("-", columns), columns-1, until)
	for i, curve := range curves {
		fmt.Fprintf(&text, "        %c  %s\n", 'a'+byte(i), curve.Name)
	}
	return text.String()
}

const (
	width, height       = 640, 360
	left, right         = 56, 16
	top, bottom         = 16, 44
	plotWidth           = width - left - right
	plotHeight          = height - top - bottom
	legendX, legendStep = left + plotWidth*55/100, 18
)

// SVG draws the same as a picture.
func SVG(curves []Curve, until time.Duration) string {
	palette := []string{"#E69F00", "#56B4E9", "#CC79A7", "#009E73", "#D55E00", "#0072B2", "#566579"}
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="Inter, sans-serif" font-size="12" fill="#16202E">`+"\n", width, height)
	fmt.Fprintf(&svg, `<title>How many elections were over within which time</title><rect width="%d" height="%d" fill="#FFFFFF"/>`+"\n", width, height)
	for step := range 5 {
		x, y := left+plotWidth*step/4, top+plotHeight-plotHeight*step/4
		fmt.Fprintf(&svg, `<path d="M%d %dh%dM%d %dv%d" stroke="#D7DCE2"/>`, left, y, plotWidth, x, top, plotHeight)
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="end">%d %%</text>`, left-6, y+4, 25*step)
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="middle">%v</text>`+"\n", x, height-bottom+18, until*time.Duration(step)/4)
	}
	fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="middle">time without a leader</text>`+"\n", left+plotWidth/2, height-8)
	for i, curve := range curves {
		colour, y := palette[i%len(palette)], top+plotHeight-legendStep*(len(curves)-i)
		fmt.Fprintf(&svg, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", colour, points(curve.Sample, until))
		fmt.Fprintf(&svg, `<path d="M%d %dh20" stroke="%s" stroke-width="2"/><text x="%d" y="%d">%s</text>`+"\n", legendX, y, colour, legendX+26, y+4, html.EscapeString(curve.Name))
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// points are those of a curve, a pixel apart.
func points(s Sample, until time.Duration) string {
	var list strings.Builder
	for x := range plotWidth + 1 {
		part := s.Part(until * time.Duration(x) / plotWidth)
		fmt.Fprintf(&list, "%d,%.1f ", left+x, float64(top)+plotHeight*(1-part))
	}
	return strings.TrimSpace(list.String())
}
