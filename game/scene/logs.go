package scene

import (
	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// drawLogs draws each server's log beside it. All logs show the same stretch
// of indices, so that the entries of one index stand at the same place
// everywhere and one sees who lags behind.
func (s *Scene) drawLogs() {
	if s.layout.cells == 0 {
		s.drawSmallLogs()
		return
	}
	s.lastSeen = 0
	for i := range s.model.Servers {
		s.lastSeen = max(s.lastSeen, lastIndex(logOf(&s.model.Servers[i])))
	}
	for i := range s.model.Servers {
		s.drawLog(&s.model.Servers[i])
	}
}

// logOf is the log that counts: of a crashed server, the one on its disk.
func logOf(server *trace.Server) []raft.Entry {
	if server.Alive {
		return server.Log
	}
	return server.Disk.Log
}

// firstShown is the index of the leftmost entry that fits.
func (s *Scene) firstShown() raft.Index {
	cells := raft.Index(s.layout.cells)
	if s.lastSeen <= cells {
		return 1
	}
	return s.lastSeen - cells + 1
}

// cell is where an entry stands.
func (s *Scene) cell(server raft.ServerID, index raft.Index) (x, y float32) {
	l := &s.layout
	log := l.seatOf(server).log
	column := float32(index) - float32(s.firstShown())
	return log.left + trackPadding + (column+0.5)*l.cellWidth, log.top + l.captionRoom() + trackPadding + l.cellHeight/2
}

func (s *Scene) drawLog(server *trace.Server) {
	p, l := s.palette, &s.layout
	seat := l.seatOf(server.ID)
	middleX := (seat.log.left + seat.log.right) / 2
	trackY := seat.log.top + l.captionRoom() + trackPadding + l.cellHeight/2
	s.box(middleX, trackY, l.logWidth()/2, l.cellHeight/2+trackPadding, 7, 0, 0, p.Surface.Fade(0.7))
	s.box(middleX, trackY, l.logWidth()/2-0.5, l.cellHeight/2+trackPadding-0.5, 6.5, 1, 0, p.Track.Fade(0.9))

	log := logOf(server)
	first := s.firstShown()
	for index := first; index < first+raft.Index(l.cells); index++ {
		if entry, ok := entryAt(log, index); ok {
			s.drawCell(server, entry)
			continue
		}
		x, y := s.cell(server.ID, index)
		s.disc(x, y, 1.5, p.Track.Fade(1.4))
	}
	if !l.bare {
		s.drawCaption(server, seat)
		s.drawIndices(server.ID, lastIndex(log))
	}
	s.drawTorn(server)
	if last := lastIndex(log); last > 0 && last < first {
		x, y := s.cell(server.ID, first)
		s.text("← ends at "+s.strings.number(int(last)), x-l.cellWidth/2+2, y, smallestText, typeface.Medium, Left, p.Muted)
	}
}

// drawCaption writes over a log what its server is. For a candidate it shows
// the ballots.
func (s *Scene) drawCaption(server *trace.Server, seat *seat) {
	p := s.palette
	x, y := seat.log.left+trackPadding, seat.log.top+captionHeight/2-1
	words, weight, colour := RoleName(server), typeface.Medium, p.Muted
	if server.Alive && server.Role == raft.Leader {
		weight, colour = typeface.SemiBold, p.Text
	}
	if !server.Alive || !isCandidate(server) {
		s.text(words, x, y, 12, weight, Left, colour)
		s.drawNewest(server, seat, x+s.family.Width(words, weight, 12), y)
		return
	}
	colour = p.Text
	pips := s.ballotWidth()
	room := seat.log.width() - 2*trackPadding
	if width := s.family.Width(words, weight, 12); width+8+pips <= room {
		s.text(words, x, y, 12, weight, Left, colour)
		x += width + 8
	}
	s.drawBallots(server, x, y)
}

// drawNewest writes what the last entry of a log asks for over it, if there is
// room from x on.
func (s *Scene) drawNewest(server *trace.Server, seat *seat, x, y float32) {
	log := logOf(server)
	if len(log) == 0 || log[len(log)-1].Kind != raft.Command {
		return
	}
	words := s.strings.operation(log[len(log)-1].Data)
	column := float32(log[len(log)-1].Index) - float32(s.firstShown()) + 1
	right := seat.log.left + trackPadding + column*s.layout.cellWidth - 1.5
	left := right - s.family.Width(words, typeface.Medium, smallestText)
	if left < x+8 {
		left = x + 8
		right = left + s.family.Width(words, typeface.Medium, smallestText)
	}
	if right > seat.log.right {
		return
	}
	s.text(words, left, y, smallestText, typeface.Medium, Left, s.palette.Muted)
}

const (
	pipRadius = 3.5
	pipStep   = 10
)

func (s *Scene) ballotWidth() float32 { return float32(len(s.model.Servers))*pipStep + 5 }

// drawBallots draws a pip for each voter: granted, still out, refused. A line
// stands after the last vote of a majority.
func (s *Scene) drawBallots(server *trace.Server, x, y float32) {
	p, n := s.palette, len(s.model.Servers)
	majority := n/2 + 1
	x += pipRadius
	for i := range n {
		switch {
		case i < len(server.Votes):
			s.disc(x, y, pipRadius+0.5, p.Text)
		case i < n-len(server.Refused):
			s.ring(x, y, pipRadius-0.5, 1.25, p.Muted)
		default:
			s.cross(x, y, pipRadius-0.75, 1.5, p.Muted)
		}
		x += pipStep
		if i == majority-1 && majority < n {
			s.line(x-pipStep/2+2.5, y-5, x-pipStep/2+2.5, y+5, 1.25, p.Muted)
			x += 5
		}
	}
}

// drawCell draws an entry: outlined when it is stored, dashed as long as it is
// not on the disk, solid when it is committed, with a tick when it is applied.
func (s *Scene) drawCell(server *trace.Server, entry *raft.Entry) {
	p, l := s.palette, &s.layout
	x, y := s.cell(server.ID, entry.Index)
	colour := p.Term(entry.Term)
	halfWidth, halfHeight := l.cellWidth/2-1.5, l.cellHeight/2
	target := Target{Kind: OnLogEntry, Server: server.ID, Index: entry.Index, X: x, Y: y, R: halfWidth + 1}
	s.target(target)

	committed := server.Alive && entry.Index <= server.CommitIndex
	words := p.Text
	switch {
	case committed:
		s.box(x, y, halfWidth, halfHeight, 4, 0, 0, colour.Fill)
		words = colour.On
	case !server.Alive:
		s.box(x, y, halfWidth-0.75, halfHeight-0.75, 3.5, 1.5, 0, colour.Edge.Fade(0.45))
		words = p.Muted
	case isOnDisk(server, entry):
		s.box(x, y, halfWidth, halfHeight, 4, 0, 0, colour.Cell)
		s.box(x, y, halfWidth-0.75, halfHeight-0.75, 3.5, 1.5, 0, colour.Edge)
	default:
		s.add(Shape{Kind: DashedBox, X: x, Y: y, X2: halfWidth - 0.75, Y2: halfHeight - 0.75, R: 3.5, Stroke: 1.5, Sweep: 6, Fill: colour.Edge})
	}
	if s.hovers(target) {
		s.box(x, y, halfWidth+1, halfHeight+1, 5, 1.5, 0, p.Text)
	}
	s.text(s.strings.number(int(entry.Term)), x, y-halfHeight*0.4, s.cellText(entry.Term), typeface.SemiBold, Centre, words)
	s.drawCellMark(server, entry, x, y+halfHeight*0.46, words)
}

// drawCellMark draws in the lower half of a cell: a tick when it is applied, N
// for an entry of no effect.
func (s *Scene) drawCellMark(server *trace.Server, entry *raft.Entry, x, y float32, colour Colour) {
	switch {
	case entry.Kind == raft.NoOp:
		s.text("N", x, y, smallestText, typeface.Medium, Centre, colour)
	case server.Alive && entry.Index <= server.LastApplied:
		size := float32(4)
		if entry.Index == server.LastApplied && !s.view.ReducedMotion {
			size += 2 * s.fading(server.AppliedAt, 0.4)
		}
		s.tick(x, y, size, 1.75, colour)
	}
}

// cellText is the size of the number in a cell.
func (s *Scene) cellText(term raft.Term) float32 {
	if term > 99 || s.layout.cellWidth < 22 {
		return smallestText
	}
	return 13
}

func isOnDisk(server *trace.Server, entry *raft.Entry) bool {
	if entry.Index <= server.Disk.Snapshot.Index {
		return true
	}
	stored, ok := entryAt(server.Disk.Log, entry.Index)
	return ok && stored.Term == entry.Term
}

// entryAt finds the entry with an index in a log that may not begin at 1.
func entryAt(log []raft.Entry, index raft.Index) (*raft.Entry, bool) {
	if len(log) == 0 || index < log[0].Index || index > log[len(log)-1].Index {
		return nil, false
	}
	return &log[index-log[0].Index], true
}

// lastIndex is the index of a log's last entry, 0 for an empty log.
func lastIndex(log []raft.Entry) raft.Index {
	if len(log) == 0 {
		return 0
	}
	return log[len(log)-1].Index
}

// drawIndices writes the index under some cells: the first shown, each fifth,
// and the last that the log has.
func (s *Scene) drawIndices(server raft.ServerID, last raft.Index) {
	l := &s.layout
	first := s.firstShown()
	previous := float32(-1e9)
	for index := first; index < first+raft.Index(l.cells); index++ {
		if index != first && index%5 != 0 && index != last {
			continue
		}
		if last == 0 || index > last && index != first {
			continue
		}
		x, y := s.cell(server, index)
		words := s.strings.number(int(index))
		half := s.family.Width(words, typeface.Medium, smallestText) / 2
		if x-half < previous+3 {
			continue
		}
		previous = x + half
		s.text(words, x, y+l.cellHeight/2+trackPadding+8, smallestText, typeface.Medium, Centre, s.palette.Muted)
	}
}

// tornFor is for how many seconds on the screen removed entries are seen to
// go.
const tornFor = 1.5

// drawTorn draws the entries that were just removed: torn in two, falling.
func (s *Scene) drawTorn(server *trace.Server) {
	left := s.fading(server.TornAt, tornFor)
	if left == 0 {
		return
	}
	l := &s.layout
	gone := 1 - left
	if s.view.ReducedMotion {
		gone = 0
	}
	halfWidth, halfHeight := l.cellWidth/2-1.5, l.cellHeight/2
	first := s.firstShown()
	for i := range server.Torn {
		index := server.TornFrom + raft.Index(i)
		if index < first || index >= first+raft.Index(l.cells) {
			continue
		}
		x, y := s.cell(server.ID, index)
		y += 8 + 40*gone*gone
		colour := s.palette.Term(server.Torn[i].Term)
		apart := 2 + 7*gone
		for _, side := range [2]float32{-1, 1} {
			s.box(x+side*(halfWidth/2+apart/2), y, halfWidth/2, halfHeight, 2, 0, side*0.5*gone, colour.Cell.Fade(left))
			s.box(x+side*(halfWidth/2+apart/2), y, halfWidth/2, halfHeight, 2, 1.5, side*0.5*gone, colour.Edge.Fade(left))
		}
		s.cross(x, y, 4, 2, s.palette.Danger.Fade(left*1.5))
	}
}

// drawSmallLogs draws, for servers that are too small for words, the last few
// entries as a row of blocks on the outside.
func (s *Scene) drawSmallLogs() {
	l := &s.layout
	if l.radius < leastWithLog {
		return
	}
	size := l.blockSize()
	for i := range s.model.Servers {
		server, seat := &s.model.Servers[i], &l.seats[i]
		log := logOf(server)
		log = log[max(0, len(log)-smallLog):]
		angle := angle(seat.dx, seat.dy)
		for k := range log {
			colour := s.palette.Term(log[k].Term)
			out := l.radius + l.blockOffset(k) + size/2
			x, y := seat.x+seat.dx*out, seat.y+seat.dy*out
			if server.Alive && log[k].Index <= server.CommitIndex {
				s.box(x, y, size/2, size*0.8, 1, 0, angle, colour.Fill)
				continue
			}
			s.box(x, y, size/2-0.5, size*0.8-0.5, 1, 1, angle, colour.Edge)
		}
	}
}
