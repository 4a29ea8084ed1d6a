package site

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/andybalholm/brotli"
)

// Packing is how hard to compress.
type Packing struct {
	Gzip   int // 1 to 9
	Brotli int // 0 to 11
}

// Fast compresses in well under a second what Best takes half a minute for.
func Fast() Packing { return Packing{Gzip: 5, Brotli: 4} }

// Best compresses for a site that many will fetch.
func Best() Packing { return Packing{Gzip: gzip.BestCompression, Brotli: brotli.BestCompression} }

// Packable reports whether a file gets smaller by compressing it.
func Packable(name string) bool {
	return path.Ext(name) != ".woff2"
}

// GzipBytes compresses with gzip.
func (p Packing) GzipBytes(content []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, p.Gzip)
	if err != nil {
		panic(fmt.Sprintf("site: gzip has no level %d", p.Gzip))
	}
	mustWrite(w, content)
	return packed.Bytes()
}

// BrotliBytes compresses with Brotli.
func (p Packing) BrotliBytes(content []byte) []byte {
	var packed bytes.Buffer
	mustWrite(brotli.NewWriterOptions(&packed, brotli.WriterOptions{Quality: p.Brotli, LGWin: 24}), content)
	return packed.Bytes()
}

// mustWrite writes to a compressor over a buffer, which cannot fail.
func mustWrite(w io.WriteCloser, content []byte) {
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
}

// Size is how large a file is, raw and compressed.
type Size struct {
	Name              string
	Raw, Gzip, Brotli int // bytes
}

// Write writes the site into an empty or absent folder, with a .gz and a .br
// beside every file that gets smaller, and returns all sizes. What the folder
// had before goes away, but only if it is a site.
func (s *Site) Write(folder string, packing Packing) ([]Size, error) {
	if err := clear(folder); err != nil {
		return nil, err
	}
	var sizes []Size
	for _, name := range names(s.Files) {
		content := s.Files[name]
		size := Size{Name: name, Raw: len(content), Gzip: len(content), Brotli: len(content)}
		target := filepath.Join(folder, filepath.FromSlash(name))
		if err := writeIfChanged(target, content); err != nil {
			return nil, err
		}
		if Packable(name) {
			gz, br := packing.GzipBytes(content), packing.BrotliBytes(content)
			size.Gzip, size.Brotli = len(gz), len(br)
			if err := os.WriteFile(target+".gz", gz, 0o644); err != nil {
				return nil, err
			}
			if err := os.WriteFile(target+".br", br, 0o644); err != nil {
				return nil, err
			}
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

// clear empties a folder that a site was written to, and refuses any other.
func clear(folder string) error {
	entries, err := os.ReadDir(folder)
	if os.IsNotExist(err) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if name != "assets" && !strings.HasPrefix(name, "index.html") {
			return fmt.Errorf("the folder %s is not a built site, as it has %s in it: choose another one", folder, name)
		}
	}
	return os.RemoveAll(folder)
}

// PrintSizes prints a table of sizes with a sum: the large files one by one,
// the small ones together.
func PrintSizes(w io.Writer, sizes []Size) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\traw\tgzip\tbrotli\t")
	var sum, small Size
	for _, size := range sizes {
		if path.Ext(size.Name) == ".txt" {
			continue // licences, which the page does not fetch
		}
		sum.add(size)
		if size.Raw < 20_000 {
			small.add(size)
			continue
		}
		size.print(table, path.Base(size.Name))
	}
	small.print(table, "the rest")
	sum.print(table, "the whole page")
	table.Flush()
}

func (s *Size) add(other Size) {
	s.Raw += other.Raw
	s.Gzip += other.Gzip
	s.Brotli += other.Brotli
}

func (s Size) print(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\t%.3f MB\t%.3f MB\t%.3f MB\t\n", name, float64(s.Raw)/1e6, float64(s.Gzip)/1e6, float64(s.Brotli)/1e6)
}

// Host serves a written site as the plainest static host does: each file as it
// lies there, with nothing compressed on the way.
func Host(folder string) http.Handler {
	files := http.FileServer(http.Dir(folder))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind := ContentType(r.URL.Path); !strings.HasSuffix(r.URL.Path, "/") {
			w.Header().Set("Content-Type", kind)
		}
		files.ServeHTTP(w, r)
	})
}
