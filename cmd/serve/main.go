// Serve builds the page, serves it, and builds it again whenever a source
// changes; open pages reload themselves, or show why the build failed.
//
// Usage:
//
//	go run ./cmd/serve [-addr localhost:8080]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"raftarium/cmd/internal/site"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on, as host:port; \":8080\" for every interface, \"localhost:0\" for any free port")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is not a flag; serve takes only flags (see -h)", rest[0])
	}
	root, err := site.Root()
	if err != nil {
		return err
	}
	listener, err := listen(addr)
	if err != nil {
		return err
	}
	changes, err := watch(ctx, root)
	if err != nil {
		return fmt.Errorf("watching the sources: %w", err)
	}
	pages := newPages()
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	go rebuild(ctx, root, pages, changes, "http://"+shown(listener.Addr())+"/")
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// rebuild builds the page now and after every change, until the context ends.
func rebuild(ctx context.Context, root string, pages *pages, changes <-chan struct{}, address string) {
	fmt.Println("Building the page (the first time takes about a minute) …")
	for {
		began := time.Now()
		built, err := site.Build(ctx, root)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%v\nThe page is as it was; waiting for a change …\n", err)
			pages.fail(err)
		} else {
			for _, note := range built.Notes {
				fmt.Println(note)
			}
			fmt.Printf("Built in %.1f s: %s\n", time.Since(began).Seconds(), address)
			pages.show(built)
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		}
	}
}

// listen opens the address, or says in plain words why it cannot.
func listen(addr string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("-addr %q is not an address: write host:port, such as localhost:8080", addr)
	}
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s: choose another address with -addr, such as -addr localhost:0 for any free port", addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return listener, nil
}

// shown is an address as a browser on this machine can open it.
func shown(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() || tcp.IP.IsLoopback() {
		host = "localhost"
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}
