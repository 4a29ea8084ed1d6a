package elections

import (
	"container/heap"
	"time"

	"raftarium/wasmnet/random"
)

// model is the election of §5.2 and §5.4.1 alone, as few lines as it takes, with
// nothing of the core: what the core's elections are compared with.
type model struct {
	cluster Cluster
	chance  *random.Stream
	servers []voter
	due     happenings
	order   int
	last    int // term
}

// voter is a server of the model.
type voter struct {
	term, votedFor, timer int
	candidate             bool
	votes                 int

	// Its disk makes one write at a time; what comes meanwhile goes out
	// together in the next.
	busy   time.Duration // until when it writes
	queued time.Duration // when the write after that will be done, if there is one
}

// happening is something that happens at a server at a time.
type happening struct {
	at    time.Duration
	order int
	what  func(now time.Duration)
}

const nobody = -1

func (c Cluster) model(seed uint64) Result {
	m := &model{cluster: c, chance: random.New(seed, "model"), servers: make([]voter, c.Servers-c.Down)}
	for i := range m.servers {
		m.servers[i].votedFor = nobody
		m.setTimer(i, 0)
	}
	for {
		next := heap.Pop(&m.due).(happening)
		next.what(next.at)
		for i := range m.servers {
			if m.servers[i].candidate && m.servers[i].votes > c.Servers/2 {
				return Result{Took: m.end(next.at), Terms: m.last, Over: true}
			}
		}
	}
}

// end is how long it took if the leader is elected now.
func (m *model) end(now time.Duration) time.Duration {
	if !m.cluster.Crash {
		return now
	}
	var last time.Duration
	for range len(m.servers) - 1 {
		last = max(last, m.travel())
	}
	return now + last - m.draw(0, m.cluster.heartbeatInterval())
}

func (m *model) draw(low, high time.Duration) time.Duration {
	return low + time.Duration(m.chance.Below(int64(high-low+1)))
}

func (m *model) travel() time.Duration {
	return m.draw(m.cluster.Latency, m.cluster.Latency+m.cluster.LatencyJitter)
}

// write is when a write will be done that a server wants now.
func (m *model) write(i int, now time.Duration) time.Duration {
	s := &m.servers[i]
	if s.queued != 0 && now >= s.busy {
		s.busy, s.queued = s.queued, 0
	}
	takes := m.draw(m.cluster.Sync, m.cluster.Sync+m.cluster.SyncJitter)
	if now >= s.busy {
		s.busy = now + takes
		return s.busy
	}
	if s.queued == 0 {
		s.queued = s.busy + takes
	}
	return s.queued
}

func (m *model) at(at time.Duration, what func(now time.Duration)) {
	m.order++
	heap.Push(&m.due, happening{at, m.order, what})
}

func (m *model) setTimer(i int, now time.Duration) {
	m.servers[i].timer++
	set := m.servers[i].timer
	m.at(now+m.draw(m.cluster.TimeoutMin, m.cluster.TimeoutMax-1), func(now time.Duration) {
		if m.servers[i].timer == set {
			m.stand(i, now)
		}
	})
}

// stand makes a server a candidate, which asks for votes once its own is on its disk.
func (m *model) stand(i int, now time.Duration) {
	s := &m.servers[i]
	s.term++
	m.last = max(m.last, s.term)
	s.votedFor, s.candidate, s.votes = i, true, 1
	m.setTimer(i, now)
	term := s.term
	m.at(m.write(i, now), func(now time.Duration) {
		if !s.candidate || s.term != term {
			return
		}
		for j := range m.servers {
			if j != i {
				m.at(now+m.travel(), func(now time.Duration) { m.vote(j, i, term, now) })
			}
		}
	})
}

// vote is what a server does when it is asked for its vote.
func (m *model) vote(i, candidate, term int, now time.Duration) {
	s := &m.servers[i]
	changed := term > s.term
	if changed {
		s.term, s.votedFor, s.candidate = term, nobody, false
	}
	upToDate := !m.cluster.UnequalLogs || candidate > i
	granted := term == s.term && s.votedFor == nobody && upToDate
	if granted {
		s.votedFor, changed = candidate, true
		m.setTimer(i, now)
	}
	if changed {
		now = m.write(i, now)
	}
	replied := s.term
	m.at(now+m.travel(), func(time.Duration) { m.count(candidate, term, replied, granted) })
}

// count is what a candidate does with an answer.
func (m *model) count(i, asked, replied int, granted bool) {
	s := &m.servers[i]
	if replied > s.term {
		s.term, s.votedFor, s.candidate = replied, nobody, false
	}
	if granted && s.candidate && s.term == asked {
		s.votes++
	}
}

// happenings implements heap.Interface.
type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
