package node

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"raftarium/raft"
)

// Status is how a node is at a moment. Its JSON is what clients of /status get.
type Status struct {
	Server      raft.ServerID `json:"server"`
	Role        string        `json:"role"`
	Term        raft.Term     `json:"term"`
	Leader      raft.ServerID `json:"leader,omitempty"` // whom it believes to lead, or None
	CommitIndex raft.Index    `json:"commitIndex"`
	LastApplied raft.Index    `json:"lastApplied"`
	LastIndex   raft.Index    `json:"lastIndex"`     // end of its log
	Durable     raft.Index    `json:"durable"`       // the log is on its disk up to here
	Snapshot    raft.Index    `json:"snapshotIndex"` // last entry that its snapshot stands for
	DiskBytes   int64         `json:"diskBytes"`     // size of its log file
	HTTP        string        `json:"http"`          // where its clients reach it
	Error       string        `json:"error,omitempty"`
	Digest      string        `json:"storeSHA256,omitempty"` // of its store, if that was asked for
	Peers       []Peer        `json:"peers"`                 // the other servers, by number
}

// Peer is how a node sees another server.
type Peer struct {
	Server     raft.ServerID `json:"server"`
	Address    string        `json:"address"`              // where servers reach it
	HTTP       string        `json:"http,omitempty"`       // where its clients reach it, once it has said so
	Connected  bool          `json:"connected"`            // it can be called
	NextIndex  raft.Index    `json:"nextIndex,omitempty"`  // from a leader only
	MatchIndex raft.Index    `json:"matchIndex,omitempty"` // from a leader only
}

// Status says how the node is. With digest it adds a checksum of the store,
// which takes the longer the more is in it: nodes that have applied the same
// have the same.
func (n *Node) Status(digest bool) Status {
	core := n.server.Load().Status()
	status := Status{
		Server:      core.ID,
		Role:        core.Role.String(),
		Term:        core.HardState.CurrentTerm,
		Leader:      core.Leader,
		CommitIndex: core.CommitIndex,
		LastApplied: core.LastApplied,
		LastIndex:   core.Snapshot.Index + raft.Index(len(core.Log)),
		Durable:     core.Durable,
		Snapshot:    core.Snapshot.Index,
		DiskBytes:   n.log.Size(),
		HTTP:        n.config.HTTP,
	}
	if core.Err != nil {
		status.Error = core.Err.Error()
	}
	if digest {
		sum := sha256.Sum256(n.replica.Dump())
		status.Digest = hex.EncodeToString(sum[:])
	}
	for id, address := range n.config.Addresses {
		if id == n.config.ID {
			continue
		}
		announced, connected := n.transport.Peer(id)
		status.Peers = append(status.Peers, Peer{
			Server: id, Address: address, HTTP: announced, Connected: connected,
			NextIndex: core.NextIndex[id], MatchIndex: core.MatchIndex[id],
		})
	}
	slices.SortFunc(status.Peers, func(a, b Peer) int { return int(a.Server - b.Server) })
	return status
}
