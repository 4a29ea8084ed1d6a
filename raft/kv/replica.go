package kv

import (
	"fmt"
	"sync"
	"time"

	"raftarium/raft"
)

// watchInterval is how often a replica with operations under way looks whether
// its server still leads and whether anyone's patience has ended. It sleeps
// and looks, as the election goroutine does, and uses no timer.
const watchInterval = 10 * time.Millisecond

// Replica joins a Store to a server: it applies what the server commits, and
// answers clients once their operation has been applied. All its methods may be called from any
// goroutine of the Env.
//
// Its lock is only ever held for a few steps in memory and never while it
// calls the server, so the server may call Apply whenever it likes.
type Replica struct {
	env   raft.Env
	mutex sync.Locker

	// All below is guarded by mutex.
	server   server
	store    Store
	applied  raft.Index // index of the last entry applied
	waiting  []*waiter  // by ascending index
	watching bool       // the watcher runs; it ends when nobody waits

	// An entry may be applied before Handle has learned from Propose which
	// index it has. While any Handle is between the two, outcomes are kept here.
	proposing int
	early     map[raft.Index]outcome
}

// server is what a replica asks of a [raft.Server].
type server interface {
	Propose(command []byte) (raft.Index, raft.Term, error)
	Leadership() (role raft.Role, term raft.Term, leader raft.ServerID)
	Read() error
}

// outcome is what came of a log position.
type outcome struct {
	term   raft.Term
	result Result
}

// waiter is one Handle that waits for its entry to be applied.
type waiter struct {
	index    raft.Index
	term     raft.Term
	deadline time.Duration
	done     bool // it waits no longer
	ok       bool
	result   Result
	wake     raft.Cond
}

// NewReplica returns a replica with an empty store. Its Apply goes into
// [raft.Config], and Attach must be called with the server that comes out.
func NewReplica(env raft.Env) *Replica {
	return &Replica{
		env:   env,
		mutex: env.NewMutex("store"),
		early: make(map[raft.Index]outcome),
	}
}

// Attach tells the replica its server. Until then Handle answers that it does
// not lead.
func (r *Replica) Attach(s *raft.Server) { r.attach(s) }

func (r *Replica) attach(s server) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.server = s
}

// Apply carries out a committed entry and wakes who waits for it. It is for
// [raft.Config].Apply: entries come one at a time and in log order.
func (r *Replica) Apply(entry raft.Entry) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	result := r.store.Apply(entry.Data)
	r.applied = entry.Index
	if r.proposing > 0 {
		r.early[entry.Index] = outcome{term: entry.Term, result: result}
	}
	for len(r.waiting) > 0 && r.waiting[0].index <= entry.Index {
		w := r.waiting[0]
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
		// Of an index that was passed over, or that came with another term, the
		// proposal is lost: another leader put something else there.
		w.finish(w.index == entry.Index && w.term == entry.Term, result)
	}
}

// Restore puts the store that a snapshot holds in the place of this one; the
// snapshot's data comes from Dump. It is for [raft.Config.Restore]. What clients
// wait for and the snapshot stands for is lost to them: they ask again. Data that no
// Dump has written is a panic, since the replica cannot go on without it.
func (r *Replica) Restore(snapshot raft.Snapshot) {
	store, err := Load(snapshot.Data)
	if err != nil {
		panic(fmt.Sprintf("the snapshot up to entry %d: %v", snapshot.Index, err))
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.store = *store
	r.applied = snapshot.Index
	for len(r.waiting) > 0 && r.waiting[0].index <= snapshot.Index {
		r.waiting[0].finish(false, Result{})
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
	}
}

// Handle carries out a client's encoded operation: it proposes it and waits
// until it has been applied. ok means that result is the operation's answer.
// Otherwise the server does not lead, lost the lead, or could not commit the operation
// within patience; leader is then whom to ask instead, or None if that is not known. Without ok
// the operation may still be carried out later, so the client repeats it under
// the same serial number.
//
// Bytes that are no operation are answered at once, with NotUnderstood.
func (r *Replica) Handle(operation []byte, patience time.Duration) (result Result, ok bool, leader raft.ServerID) {
	if _, err := Decode(operation); err != nil {
		return Result{Refused: NotUnderstood}, true, raft.None
	}
	deadline := r.env.Now() + patience
	server := r.beginProposal()
	if server == nil {
		r.endProposal()
		return Result{}, false, raft.None
	}
	index, term, err := server.Propose(operation)
	if err != nil {
		r.endProposal()
		return Result{}, false, leaderOf(server)
	}
	result, ok = r.await(index, term, deadline)
	if !ok {
		leader = leaderOf(server)
	}
	return result, ok, leader
}

// HandleRead answers an encoded Get from the store on this server, whether it
// leads or not, without an entry in the log ([raft.Server.Read]). What the
// results mean is as for Handle, which also does any other operation. The
// serial number of a read that is answered so is not remembered.
func (r *Replica) HandleRead(operation []byte, patience time.Duration) (result Result, ok bool, leader raft.ServerID) {
	o, err := Decode(operation)
	if err != nil || o.Kind != Get {
		return r.Handle(operation, patience)
	}
	r.mutex.Lock()
	server := r.server
	r.mutex.Unlock()
	if server == nil {
		return Result{}, false, raft.None
	}
	if err := server.Read(); err != nil {
		return Result{}, false, leaderOf(server)
	}
	value, found := r.Value(o.Key)
	return Result{Value: value, Found: found}, true, raft.None
}

func leaderOf(s server) raft.ServerID {
	_, _, leader := s.Leadership()
	return leader
}

// Value is Store.Value of the replica's store as it is now. After
// [raft.Server.Read] has returned without an error, it is what a linearizable read that began
// before may answer.
func (r *Replica) Value(key string) (value string, found bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.store.Value(key)
}

// Dump is Store.Dump of the replica's store as it is now.
func (r *Replica) Dump() []byte {
	_, data := r.DumpAt()
	return data
}

// DumpAt is Dump, with the index of the last entry that the store has applied:
// the two go together into [raft.Server.Snapshot].
func (r *Replica) DumpAt() (applied raft.Index, data []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.applied, r.store.Dump()
}

func (r *Replica) beginProposal() server {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.proposing++
	return r.server
}

func (r *Replica) endProposal() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.forgetProposal()
}

// forgetProposal is called with the lock held, once for each beginProposal.
func (r *Replica) forgetProposal() {
	r.proposing--
	if r.proposing == 0 {
		clear(r.early)
	}
}

// await ends the proposal and waits for what comes of it.
func (r *Replica) await(index raft.Index, term raft.Term, deadline time.Duration) (Result, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.applied >= index {
		came, known := r.early[index]
		delete(r.early, index)
		r.forgetProposal()
		return came.result, known && came.term == term
	}
	r.forgetProposal()
	w := &waiter{index: index, term: term, deadline: deadline, wake: r.env.NewCond("operation applied", r.mutex)}
	r.enqueue(w)
	if !r.watching {
		r.watching = true
		r.env.Go("client patience", r.watch)
	}
	for !w.done {
		w.wake.Wait()
	}
	return w.result, w.ok
}

// enqueue puts w in its place in the order of indices, which is nearly always
// the last.
func (r *Replica) enqueue(w *waiter) {
	r.waiting = append(r.waiting, w)
	for i := len(r.waiting) - 1; i > 0 && r.waiting[i-1].index > w.index; i-- {
		r.waiting[i-1], r.waiting[i] = r.waiting[i], r.waiting[i-1]
	}
}

// watch runs as long as anyone waits, and ends the waiting of those whose
// patience is over or whose server no longer leads the term of their entry.
func (r *Replica) watch() {
	r.mutex.Lock()
	server := r.server
	r.mutex.Unlock()
	for somebodyWaits := true; somebodyWaits; {
		r.env.Sleep(watchInterval)
		role, term, _ := server.Leadership()
		somebodyWaits = r.giveUp(role, term, r.env.Now())
	}
}

// giveUp ends the waiting of all who wait in vain, now that the server has the
// given role in the given term, and reports whether anyone still waits.
func (r *Replica) giveUp(role raft.Role, term raft.Term, now time.Duration) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	still := r.waiting[:0]
	for _, w := range r.waiting {
		// A term before the entry's is that of a moment before the server led: it
		// says nothing about this waiter.
		lost := term > w.term || term == w.term && role != raft.Leader
		if lost || now >= w.deadline {
			w.finish(false, Result{})
			continue
		}
		still = append(still, w)
	}
	clear(r.waiting[len(still):])
	r.waiting = still
	r.watching = len(still) > 0
	return r.watching
}

// finish is called with the replica's lock held.
func (w *waiter) finish(ok bool, result Result) {
	w.done = true
	w.ok = ok
	if ok {
		w.result = result
	}
	w.wake.Signal()
}
