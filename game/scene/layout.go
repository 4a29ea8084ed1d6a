package scene

import (
	"math"

	"raftarium/raft"
)

// smallestText is the size in CSS pixels below which nothing is written.
const smallestText = 11

// Insets are how much of the canvas is covered from each side, in CSS pixels.
type Insets struct{ Top, Right, Bottom, Left float32 }

// rect is a rectangle with its sides along the axes.
type rect struct{ left, top, right, bottom float32 }

func (r rect) width() float32  { return r.right - r.left }
func (r rect) height() float32 { return r.bottom - r.top }

func (r rect) overlaps(other rect) bool {
	return r.left < other.right && other.left < r.right && r.top < other.bottom && other.top < r.bottom
}

func (r rect) grown(by float32) rect {
	return rect{r.left - by, r.top - by, r.right + by, r.bottom + by}
}

func (r rect) moved(x, y float32) rect {
	return rect{r.left + x, r.top + y, r.right + x, r.bottom + y}
}

// density is how richly servers are drawn: the more of them and the less room
// there is, the thinner.
type density struct {
	radius     float32 // of a server
	cells      int     // of each log that are shown beside it; 0: no log with words
	cellWidth  float32 // including the gap to the next
	cellHeight float32
	bare       bool    // logs have neither words over them nor indices under them
	name       float32 // size of a server's name; 0: none
	term       float32 // size of a server's term; 0: none
	packet     float32 // scale of packets
}

// densities, the richest first.
var densities = [...]density{
	{radius: 46, cells: 9, cellWidth: 25, cellHeight: 31, name: 20, term: 14, packet: 1.15},
	{radius: 40, cells: 8, cellWidth: 24, cellHeight: 30, name: 18, term: 13, packet: 1.05},
	{radius: 36, cells: 7, cellWidth: 23, cellHeight: 30, name: 17, term: 13, packet: 1},
	{radius: 32, cells: 6, cellWidth: 22, cellHeight: 30, name: 16, term: 12, packet: 0.95},
	{radius: 30, cells: 5, cellWidth: 22, cellHeight: 30, name: 15, term: 12, packet: 0.9},
	{radius: 27, cells: 4, cellWidth: 21, cellHeight: 29, name: 14, term: 12, packet: 0.85},
	{radius: 26, cells: 5, cellWidth: 18, cellHeight: 26, bare: true, name: 14, term: 12, packet: 0.85},
	{radius: 24, cells: 4, cellWidth: 18, cellHeight: 26, bare: true, name: 13, term: 11, packet: 0.8},
	{radius: 23, cells: 3, cellWidth: 18, cellHeight: 26, bare: true, name: 13, term: 11, packet: 0.8},
	{radius: 22, name: 13, term: 11, packet: 0.75},
	{radius: 19, name: 12, term: 11, packet: 0.7},
	{radius: 14, name: 11, packet: 0.6},
	{radius: 11, packet: 0.55},
	{radius: 8, packet: 0.5},
	{radius: 6, packet: 0.45},
	{radius: 4, packet: 0.35},
	{radius: 3, packet: 0.3},
	{radius: 2, packet: 0.25},
}

const (
	captionHeight = 17 // of the words over a log
	indexHeight   = 15 // of the numbers under it
	trackPadding  = 4  // around the cells
	edgeMargin    = 12 // between everything and the edge of the room
)

// around is how far a server's arcs and rings reach beyond its disc.
func (d *density) around() float32 {
	switch {
	case d.cells > 0:
		return 12
	case d.radius < leastWithLog:
		return max(2, d.radius*0.45)
	}
	return d.blockOffset(smallLog) + 1
}

// Where a server's log has no room for words, its last smallLog entries stand
// as blocks on the outside of a server of at least the radius leastWithLog.
const (
	smallLog     = 3
	leastWithLog = 14
)

// blockSize is how long such a block is, and blockOffset how far from the
// edge of the disc the i-th one begins.
func (d *density) blockSize() float32 { return d.radius * 0.24 }
func (d *density) blockOffset(i int) float32 {
	return 7 + float32(i)*(d.blockSize()+1.5)
}

func (d *density) logWidth() float32 { return float32(d.cells)*d.cellWidth + 2*trackPadding }
func (d *density) logHeight() float32 {
	return d.captionRoom() + d.cellHeight + 2*trackPadding + d.indexRoom()
}

func (d *density) captionRoom() float32 {
	if d.bare {
		return 0
	}
	return captionHeight
}

func (d *density) indexRoom() float32 {
	if d.bare {
		return 0
	}
	return indexHeight
}

// seat is the place of a server.
type seat struct {
	x, y   float32
	dx, dy float32 // direction from the middle of the ring outward
	log    rect    // with its caption and indices; empty: none
	side   float32 // of the log: -1 left of the server, 1 right, 0 above or below
}

// layout is where everything is.
type layout struct {
	density
	room    rect
	x, y    float32 // the middle of the ring
	ringX   float32 // half the ring's width
	ringY   float32 // and height
	seats   []seat  // server i+1 is at i
	clients []point // client -1-i is at i
	lane    float32 // from the middle of a link to the middle of a lane
}

type point struct{ x, y float32 }

// request is what a layout depends on.
type request struct {
	width, height    float32
	insets           Insets
	servers, clients int
}

// arrange lays out a cluster.
func (l *layout) arrange(r request) {
	l.room = rect{r.insets.Left, r.insets.Top, r.width - r.insets.Right, r.height - r.insets.Bottom}.grown(-edgeMargin)
	l.room.right = max(l.room.right, l.room.left+1)
	l.room.bottom = max(l.room.bottom, l.room.top+1)
	l.seats = make([]seat, r.servers)
	for i := range densities {
		l.density = densities[i]
		if l.seatServers() || i == len(densities)-1 {
			break
		}
	}
	l.lane = max(1.5, 7*l.packet)
	l.seatClients(r.clients)
}

// angleOf is the direction of a server from the middle of the ring.
func angleOf(server, servers int) float64 {
	turn := 2 * math.Pi / float64(servers)
	first := -math.Pi / 2
	switch servers {
	case 2:
		first = math.Pi
	case 4:
		first -= turn / 2
	}
	return first + turn*float64(server)
}

// sideness are the least |cos| from which on a log stands beside its server,
// not above or below it: the ways to arrange logs that are tried.
var sideness = [...]float32{0.3, 0.7, 2}

// seatServers puts the servers on the largest ring that has room for the logs
// too, and reports whether that is large enough.
func (l *layout) seatServers() bool {
	best := layout{}
	found := false
	for _, least := range sideness {
		candidate := *l
		candidate.seats = make([]seat, len(l.seats))
		if candidate.tryRing(least) && (!found || candidate.score() > best.score()*1.08) {
			best, found = candidate, true
		}
		if l.cells == 0 {
			break
		}
	}
	if found {
		*l = best
		return true
	}
	l.tryRing(sideness[0])
	return false
}

func (l *layout) score() float32 {
	if len(l.seats) <= 2 {
		return l.ringX
	}
	return min(l.ringX, l.ringY)
}

// tryRing seats the servers with the given arrangement of logs.
func (l *layout) tryRing(least float32) bool {
	for i := range l.seats {
		angle := angleOf(i, len(l.seats))
		l.seats[i] = seat{dx: float32(math.Cos(angle)), dy: float32(math.Sin(angle))}
		l.placeLog(&l.seats[i], least)
	}
	wide, fitsX := l.fit(l.room.left, l.room.right, func(s *seat) (at, low, high float32) {
		low, high = l.extent(s.log.left, s.log.right)
		return s.dx, low, high
	})
	tall, fitsY := l.fit(l.room.top, l.room.bottom, func(s *seat) (at, low, high float32) {
		low, high = l.extent(s.log.top, s.log.bottom)
		return s.dy, low, high
	})
	wide, tall = max(wide, 0), max(tall, 0)
	switch len(l.seats) {
	case 1:
		wide, tall = 0, 0
	case 2:
		wide, tall = min(wide, 6*l.radius), 0
	}
	if len(l.seats) > 2 {
		wide, tall = min(wide, tall*1.4), min(tall, wide*1.2)
	}
	l.ringX, l.ringY = wide, tall
	l.centre()
	for i := range l.seats {
		s := &l.seats[i]
		s.x, s.y = l.x+s.dx*l.ringX, l.y+s.dy*l.ringY
		s.log = s.log.moved(s.x, s.y)
	}
	return fitsX && fitsY && l.isLargeEnough() && !l.crowded()
}

// placeLog puts a server's log outside the ring, as seen from the server.
func (l *layout) placeLog(s *seat, least float32) {
	if l.cells == 0 {
		return
	}
	width, height := l.logWidth(), l.logHeight()
	gap := l.radius + l.around() + 6
	switch {
	case len(l.seats) == 1, s.dx < least && s.dx > -least:
		top := -gap - height - 4
		if s.dy > -0.1 || len(l.seats) == 1 {
			top = gap
		}
		s.log = rect{-width / 2, top, width / 2, top + height}
	case s.dx > 0:
		s.side = 1
		s.log = rect{gap, -height / 2, gap + width, height / 2}
	default:
		s.side = -1
		s.log = rect{-gap - width, -height / 2, -gap, height / 2}
	}
}

// extent is how far a server with its log reaches from its middle.
func (l *layout) extent(low, high float32) (float32, float32) {
	reach := l.radius + l.around()
	return min(low, -reach), max(high, reach)
}

// fit finds the largest ring for which everything is between low and high.
func (l *layout) fit(low, high float32, of func(*seat) (at, low, high float32)) (ring float32, ok bool) {
	ring = float32(math.Inf(1))
	ok = true
	for i := range l.seats {
		at, _, far := of(&l.seats[i])
		for j := range l.seats {
			from, near, _ := of(&l.seats[j])
			spare := (high - low) - (far - near)
			ok = ok && spare >= 0
			if at-from > 1e-3 {
				ring = min(ring, spare/(at-from))
			}
		}
	}
	return ring, ok
}

// centre puts the ring so that what is left over is the same on both sides.
func (l *layout) centre() {
	all := rect{left: 1e9, top: 1e9, right: -1e9, bottom: -1e9}
	for i := range l.seats {
		s := &l.seats[i]
		left, right := l.extent(s.log.left, s.log.right)
		top, bottom := l.extent(s.log.top, s.log.bottom)
		all.left, all.right = min(all.left, s.dx*l.ringX+left), max(all.right, s.dx*l.ringX+right)
		all.top, all.bottom = min(all.top, s.dy*l.ringY+top), max(all.bottom, s.dy*l.ringY+bottom)
	}
	l.x = (l.room.left + l.room.right - all.left - all.right) / 2
	l.y = (l.room.top + l.room.bottom - all.top - all.bottom) / 2
}

// isLargeEnough reports whether there is a stage for packets between the
// servers.
func (l *layout) isLargeEnough() bool {
	n := len(l.seats)
	if n == 1 {
		return true
	}
	apart := float32(3.1)
	switch {
	case l.cells == 0:
		apart = 2.6
	case n > 5:
		apart = 3.5
	}
	for i := range l.seats {
		a, b := &l.seats[i], &l.seats[(i+1)%n]
		if distance(a.x, a.y, b.x, b.y) < apart*l.radius {
			return false
		}
	}
	return n < 3 || min(l.ringX, l.ringY) > 3.7*l.radius
}

// crowded reports whether anything lies over anything else.
func (l *layout) crowded() bool {
	for i := range l.seats {
		a := l.body(i)
		for j := range l.seats {
			if i == j {
				continue
			}
			b := l.body(j)
			if i < j && a.overlaps(b) {
				return true
			}
			if l.cells == 0 {
				continue
			}
			log := l.seats[j].log
			if log.overlaps(a) || i < j && log.grown(3).overlaps(l.seats[i].log.grown(3)) {
				return true
			}
		}
	}
	return false
}

// body is where a server's disc and rings are.
func (l *layout) body(i int) rect {
	reach := l.radius + l.around()*0.7
	return rect{-reach, -reach, reach, reach}.moved(l.seats[i].x, l.seats[i].y)
}

func (l *layout) clientRadius() float32 { return max(5, min(18, l.radius*0.6)) }

// seatClients puts the clients at the border of the room, where nothing else
// is: corners first.
func (l *layout) seatClients(n int) {
	l.clients = l.clients[:0]
	r := l.clientRadius()
	half := rect{-r - 14, -r - 4, r + 14, r + 20} // with the words under it
	span := rect{l.room.left - half.left, l.room.top - half.top, l.room.right - half.right, l.room.bottom - half.bottom}
	for tries := 0; len(l.clients) < n && tries < 4*n+64; tries++ {
		spot := borderSpot(span, tries)
		if l.isFree(half.moved(spot.x, spot.y), r) && !l.isOnLink(spot, r+6) {
			l.clients = append(l.clients, spot)
		}
	}
	for i := 0; len(l.clients) < n; i++ {
		l.clients = append(l.clients, borderSpot(span, i))
	}
}

// lateCorner is when the upper left corner has its turn: late, since pages like
// to put things there.
const lateCorner = 23

// borderSpot is the i-th place on the border: the corners and the middles of
// the sides, then ever finer parts of them.
func borderSpot(span rect, i int) point {
	x := func(part float32) float32 { return span.left + part*span.width() }
	y := func(part float32) float32 { return span.top + part*span.height() }
	switch i {
	case 0:
		return point{span.left, span.bottom}
	case 1:
		return point{span.right, span.bottom}
	case 2:
		return point{span.right, span.top}
	case lateCorner:
		return point{span.left, span.top}
	}
	if i > lateCorner {
		i--
	}
	i -= 3
	part, step := float32(0.5), i/4
	for ; step > 0; step-- {
		part = part*0.618 + 0.309*float32(step%3)
	}
	switch i % 4 {
	case 0:
		return point{x(part), span.bottom}
	case 1:
		return point{x(part), span.top}
	case 2:
		return point{span.left, y(part)}
	}
	return point{span.right, y(part)}
}

// isCovered reports whether a server or its log is in an area.
func (l *layout) isCovered(area rect) bool {
	for i := range l.seats {
		if area.overlaps(l.body(i)) || l.cells > 0 && area.overlaps(l.seats[i].log) {
			return true
		}
	}
	return false
}

func (l *layout) isFree(area rect, r float32) bool {
	if l.isCovered(area) {
		return false
	}
	for _, other := range l.clients {
		if area.overlaps(rect{-r - 14, -r - 4, r + 14, r + 20}.moved(other.x, other.y)) {
			return false
		}
	}
	return true
}

// isOnLink reports whether a spot is within reach of a link between two
// servers, where packets would run over it.
func (l *layout) isOnLink(spot point, reach float32) bool {
	for i := range l.seats {
		for j := range i {
			if distanceToLine(spot, point{l.seats[i].x, l.seats[i].y}, point{l.seats[j].x, l.seats[j].y}) < reach {
				return true
			}
		}
	}
	return false
}

// distanceToLine is how far a point is from the line between two others.
func distanceToLine(p, a, b point) float32 {
	dx, dy := b.x-a.x, b.y-a.y
	part := ((p.x-a.x)*dx + (p.y-a.y)*dy) / max(1, dx*dx+dy*dy)
	part = min(1, max(0, part))
	return distance(p.x, p.y, a.x+part*dx, a.y+part*dy)
}

// seatOf is the place of a server.
func (l *layout) seatOf(id raft.ServerID) *seat { return &l.seats[id-1] }

func distance(x1, y1, x2, y2 float32) float32 {
	dx, dy := float64(x2-x1), float64(y2-y1)
	return float32(math.Sqrt(dx*dx + dy*dy)) // a quarter of the time of math.Hypot, and screens are small
}
