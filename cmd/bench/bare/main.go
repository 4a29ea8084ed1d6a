//go:build js

// Bare is an Ebitengine program that draws nothing but its ground. It is what
// the page's frames are compared with.
package main

import (
	"image/color"
	"log"

	"github.com/hajimehoshi/ebiten/v2"
)

type nothing struct{}

func (nothing) Update() error { return nil }

func (nothing) Draw(screen *ebiten.Image) {
	screen.Fill(color.RGBA{R: 0x0B, G: 0x12, B: 0x20, A: 0xFF})
}

func (nothing) Layout(width, height int) (int, int) { return width, height }

func main() {
	if err := ebiten.RunGame(nothing{}); err != nil {
		log.Fatal(err)
	}
}
