package lab

import (
	"slices"
	"testing"
	"time"
)

// The course's TestReliableChurn3C: servers come and go while clients propose,
// and what clients saw committed stays.
func TestKeepsWhatClientsSawWhileServersComeAndGo(t *testing.T) {
	overSeeds(t, experiment{servers: 5, reference: 1701}, churn)
}

// The course's TestUnreliableChurn3C: the same on a network that loses and delays.
func TestKeepsWhatClientsSawOnAnUnreliableNetwork(t *testing.T) {
	overSeeds(t, experiment{servers: 5, network: Network{Unreliable: true}, reference: 1253}, churn)
}

// client proposes commands and remembers those that it saw committed.
type client struct {
	lab  *lab
	wait time.Duration // between two commands
	seen []string
}

func churn(l *lab) {
	stop, running := false, 3
	clients := make([]*client, running)
	for i := range clients {
		clients[i] = &client{lab: l, wait: time.Duration(150+17*i) * time.Millisecond}
		l.Go("client", func() {
			for !stop {
				clients[i].propose()
			}
			running--
		})
	}
	for range 20 {
		l.disturb()
		l.Sleep(7 * second / 10)
	}

	l.Sleep(second)
	l.Settings.Network.Unreliable = false
	l.restartAll()
	plug(true, l.Machines...)
	stop = true
	for running > 0 {
		l.Sleep(10 * time.Millisecond)
	}
	l.Sleep(second)
	last := l.agree(l.command(), 5)
	for i, c := range clients {
		for _, command := range c.seen {
			if !slices.Contains(l.agreed[:last], command) {
				l.Fail("client %d saw %q committed, and now it is not in the log", i+1, command)
			}
		}
	}
}

// disturb cuts off, restarts or crashes a server, each by chance.
func (l *lab) disturb() {
	if l.Chance(0.2) {
		plug(false, l.any())
	}
	if l.Chance(0.5) {
		m := l.any()
		if m.Server == nil {
			l.start(m)
		}
		plug(true, m)
	}
	if l.Chance(0.2) {
		crash(l.any())
	}
}

// propose waits a little, proposes a command to all servers and looks, ever
// less often, whether it is committed.
func (c *client) propose() {
	l := c.lab
	l.Sleep(c.wait)
	command := l.command()
	index := 0
	for _, m := range l.Machines {
		if at, _, ok := propose(m, command); ok {
			index = at
		}
	}
	if index == 0 {
		return
	}
	for _, pause := range []int{0, 10, 20, 50, 100, 200} {
		l.Sleep(time.Duration(pause) * time.Millisecond)
		if n, applied := l.committed(index); n > 0 {
			if applied == command {
				c.seen = append(c.seen, command)
			}
			return
		}
	}
}
