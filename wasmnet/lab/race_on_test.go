//go:build race

package lab

// raceDetector says that the tests are slower than usual.
const raceDetector = true
