package page

import (
	"testing"
	"time"
)

func TestCost(t *testing.T) {
	var c Cost
	if c.Quantile(0.5) != 0 || c.Frames() != 0 {
		t.Error("no frames have cost something")
	}
	for i := range 1200 {
		d := time.Hour // long ago
		if i >= 600 {
			d = time.Duration(i-599) * time.Millisecond
		}
		c.Add(d)
	}
	if got := c.Quantile(0.5); got != 301*time.Millisecond {
		t.Errorf("the median is %v", got)
	}
	if got := c.Quantile(0.95); got != 571*time.Millisecond {
		t.Errorf("the 95th percentile is %v", got)
	}
	if got := c.Quantile(1); got != 600*time.Millisecond || c.Frames() != 1200 {
		t.Errorf("the most is %v of %d frames", got, c.Frames())
	}
	c.Forget()
	if c.Frames() != 0 {
		t.Error("nothing was forgotten")
	}
}
