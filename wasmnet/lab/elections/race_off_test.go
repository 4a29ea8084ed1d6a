//go:build !race

package elections

// raceDetector says that the tests are slower than usual.
const raceDetector = false
