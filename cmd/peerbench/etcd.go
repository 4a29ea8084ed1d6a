package main

import (
	"context"
	"io"
	"log"
	"time"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

func etcdConfig(id uint64, storage *etcd.MemoryStorage) *etcd.Config {
	return &etcd.Config{
		ID: id, ElectionTick: 10, HeartbeatTick: 1, Storage: storage,
		MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256,
		Logger: &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	}
}

// store does with a Ready what its contract asks for before messages are sent.
func store(storage *etcd.MemoryStorage, ready *etcd.Ready) error {
	if ready.HardState != nil {
		if err := storage.SetHardState(ready.HardState); err != nil {
			return err
		}
	}
	return storage.Append(ready.Entries)
}

// node is a cluster of etcd's Nodes: a goroutine each that works off its Ready
// channel, and channels between them, as in etcd's own example.
type node struct {
	nodes []etcd.Node
	ended chan struct{}
}

func startNode(applied func([]byte)) (contender, error) {
	n := &node{ended: make(chan struct{})}
	peers := []etcd.Peer{{ID: 1}, {ID: 2}, {ID: 3}}
	var storages []*etcd.MemoryStorage
	for id := uint64(1); id <= 3; id++ {
		storage := etcd.NewMemoryStorage()
		storages = append(storages, storage)
		n.nodes = append(n.nodes, etcd.StartNode(etcdConfig(id, storage), peers))
	}
	inboxes := make([]chan *pb.Message, 3)
	for i := range inboxes {
		inboxes[i] = make(chan *pb.Message, 4096)
		go n.receive(i, inboxes[i])
	}
	for i := range n.nodes {
		tell := func([]byte) {}
		if i == 0 {
			tell = applied
		}
		go n.work(i, storages[i], inboxes, tell)
	}
	if err := n.nodes[0].Campaign(context.Background()); err != nil {
		return nil, err
	}
	for n.nodes[0].Status().RaftState != etcd.StateLeader {
		time.Sleep(10 * time.Millisecond)
		if err := n.nodes[0].Campaign(context.Background()); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *node) receive(i int, inbox chan *pb.Message) {
	for {
		select {
		case message := <-inbox:
			_ = n.nodes[i].Step(context.Background(), message)
		case <-n.ended:
			return
		}
	}
}

func (n *node) work(i int, storage *etcd.MemoryStorage, inboxes []chan *pb.Message, applied func([]byte)) {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			n.nodes[i].Tick()
		case ready := <-n.nodes[i].Ready():
			if err := store(storage, &ready); err != nil {
				panic(err)
			}
			for _, message := range ready.Messages {
				inboxes[message.GetTo()-1] <- message
			}
			for _, entry := range ready.CommittedEntries {
				if entry.GetType() == pb.EntryConfChange {
					var change pb.ConfChange
					unmarshal(entry.GetData(), &change)
					n.nodes[i].ApplyConfChange(&change)
				} else {
					applied(entry.GetData())
				}
			}
			n.nodes[i].Advance()
		case <-n.ended:
			return
		}
	}
}

func (n *node) propose(command []byte) error {
	return n.nodes[0].Propose(context.Background(), command)
}

func (n *node) close() {
	close(n.ended)
	for _, each := range n.nodes {
		each.Stop()
	}
}

// rawNode is a cluster of etcd's RawNodes, all in one goroutine, which hands
// messages over by calls: the least that the library can cost.
type rawNode struct {
	nodes     []*etcd.RawNode
	storages  []*etcd.MemoryStorage
	proposals chan []byte
	ended     chan struct{}
	applied   func([]byte)
}

func startRawNode(applied func([]byte)) (contender, error) {
	r := &rawNode{proposals: make(chan []byte, 4096), ended: make(chan struct{}), applied: applied}
	for id := uint64(1); id <= 3; id++ {
		storage := etcd.NewMemoryStorage()
		r.storages = append(r.storages, storage)
		each, err := etcd.NewRawNode(etcdConfig(id, storage))
		if err != nil {
			return nil, err
		}
		if err := each.Bootstrap([]etcd.Peer{{ID: 1}, {ID: 2}, {ID: 3}}); err != nil {
			return nil, err
		}
		r.nodes = append(r.nodes, each)
	}
	r.settle()
	if err := r.nodes[0].Campaign(); err != nil {
		return nil, err
	}
	r.settle()
	go r.work()
	return r, nil
}

// settle works everything off until no server has anything left to do.
func (r *rawNode) settle() {
	for busy := true; busy; {
		busy = false
		for i, each := range r.nodes {
			if each.HasReady() {
				busy = true
				r.workOff(i, each)
			}
		}
	}
}

func (r *rawNode) workOff(i int, each *etcd.RawNode) {
	ready := each.Ready()
	if err := store(r.storages[i], &ready); err != nil {
		panic(err)
	}
	for _, message := range ready.Messages {
		_ = r.nodes[message.GetTo()-1].Step(message)
	}
	for _, entry := range ready.CommittedEntries {
		if entry.GetType() == pb.EntryConfChange {
			var change pb.ConfChange
			unmarshal(entry.GetData(), &change)
			each.ApplyConfChange(&change)
		} else if i == 0 {
			r.applied(entry.GetData())
		}
	}
	each.Advance(ready)
}

func (r *rawNode) work() {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case command := <-r.proposals:
			r.takeIn(command)
		case <-ticks.C:
			for _, each := range r.nodes {
				each.Tick()
			}
		case <-r.ended:
			return
		}
		r.settle()
	}
}

// takeIn proposes a command and all others that wait.
func (r *rawNode) takeIn(command []byte) {
	for {
		if err := r.nodes[0].Propose(command); err != nil {
			panic(err)
		}
		select {
		case command = <-r.proposals:
		default:
			return
		}
	}
}

func (r *rawNode) propose(command []byte) error {
	r.proposals <- command
	return nil
}

func (r *rawNode) close() { close(r.ended) }
