package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"raftarium/cmd/raftd/api"
	"raftarium/cmd/raftd/node"
	"raftarium/raft"
)

// serve runs a server until it is interrupted or its disk fails.
func serve(arguments []string, errout io.Writer) error {
	o, err := readOptions(arguments)
	if err != nil {
		return err
	}
	config := node.Config{
		ID:                raft.ServerID(o.id),
		Addresses:         o.addresses,
		HTTP:              o.http,
		Directory:         o.data,
		HeartbeatInterval: o.heartbeat,
		SnapshotBytes:     o.snapshotBytes,
		Log:               logger(o.id, errout),
	}
	listener, err := net.Listen("tcp", o.http)
	if err != nil {
		return fmt.Errorf("listening for clients: %w", err)
	}
	defer listener.Close()
	if o.trace != "" {
		file, err := os.OpenFile(o.trace, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("there is a file %s already: each trace needs a new one", o.trace)
		}
		if err != nil {
			return fmt.Errorf("making the trace: %w", err)
		}
		defer file.Close()
		config.Trace = file
	}
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	n, err := node.Start(config)
	if err != nil {
		return err
	}
	config.Log(fmt.Sprintf("clients are served at http://%s", o.http))
	return answer(interrupted, n, listener, config.Log)
}

// answer serves the clients of a node until the context ends or the node
// fails, and stops both.
func answer(interrupted context.Context, n *node.Node, listener net.Listener, log func(string)) error {
	server := &http.Server{
		Handler:           api.New(n),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var failure error
	select {
	case <-interrupted.Done():
		log("interrupted: handing over and stopping")
	case <-n.Failed():
		failure = fmt.Errorf("the server has stopped, since it cannot keep its promises: %w", n.Err())
	case err := <-served:
		failure = fmt.Errorf("serving clients: %w", err)
	}
	failure = errors.Join(failure, n.Stop())
	// Whoever still waits is told that nobody leads here.
	patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(failure, server.Shutdown(patience))
}

// logger writes sentences, one a line, with the time and the server's name.
func logger(id int, out io.Writer) func(string) {
	var mu sync.Mutex
	return func(sentence string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, "%s S%d: %s\n", time.Now().Format("15:04:05.000"), id, sentence)
	}
}
