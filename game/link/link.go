// Package link writes a whole run as a short text that stands in the address of
// the page, after its #, so that who opens the address sees the same run happen.
//
// link.go is the form of that text; valid.go is which runs it may hold;
// dictionary.go is what makes it short.
package link

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"raftarium/wasmnet"
)

// A link is
//
//	1.<base64url of (checksum, deflate with a dictionary of the run's JSON)>
//
// where 1 is the version, and the checksum is the CRC-32 of the JSON, four bytes,
// the greatest first. It has only letters, digits, "-", "_" and one ".".

// Parameter is the name under which a link stands in an address:
// index.html#run=1.….
const Parameter = "run"

// The bounds of a link. They keep what a stranger's link can ask of a machine
// small: a text of some kilobytes could unpack to gigabytes otherwise.
const (
	maxLink = 256 << 10 // characters
	maxJSON = 2 << 20   // bytes
)

const version = "1"

// encoding uses only characters that addresses leave alone.
var encoding = base64.RawURLEncoding.Strict()

const checksumSize = 4

// Encode writes a run as a link, without the name of its parameter. A run that is too long for
// a link, or that [Decode] would refuse, is an error that says so.
func Encode(run wasmnet.Run) (string, error) {
	if err := validate(run); err != nil {
		return "", fmt.Errorf("the run cannot be made a link: %w", err)
	}
	text, err := json.Marshal(run)
	if err != nil {
		return "", fmt.Errorf("the run cannot be made a link: %w", err)
	}
	var packed bytes.Buffer
	packed.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(text)))
	deflater, err := flate.NewWriterDict(&packed, flate.BestCompression, []byte(dictionary))
	if err == nil {
		_, err = deflater.Write(text)
	}
	if err == nil {
		err = deflater.Close()
	}
	if err != nil {
		return "", fmt.Errorf("packing the run: %w", err)
	}
	link := version + "." + encoding.EncodeToString(packed.Bytes())
	if len(text) > maxJSON || len(link) > maxLink {
		return "", fmt.Errorf("the run is too long for a link: it has %d commands", len(run.Commands))
	}
	return link, nil
}

// Decode reads a link, or a whole address that has one after its #. What is
// wrong with it is told in the words of someone who has only copied it.
func Decode(text string) (wasmnet.Run, error) {
	body, err := bodyOf(text)
	if err != nil {
		return wasmnet.Run{}, err
	}
	packed, err := encoding.DecodeString(body)
	if err != nil || len(packed) <= checksumSize {
		return wasmnet.Run{}, errCutOff
	}
	written, err := unpack(packed[checksumSize:])
	if err != nil {
		return wasmnet.Run{}, err
	}
	if crc32.ChecksumIEEE(written) != binary.BigEndian.Uint32(packed) {
		return wasmnet.Run{}, errDamaged
	}
	return read(written)
}

var (
	errNothing = errors.New("the link is empty")
	errCutOff  = errors.New("the link is cut off: copy it again, to its very end")
	errDamaged = errors.New("the link is damaged: some of its characters have changed, so copy it again")
	errTooLong = errors.New("the link is longer than any link to a run")
)

// bodyOf is what stands behind the version.
func bodyOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if _, fragment, whole := strings.Cut(text, "#"); whole {
		text = fragment
	}
	text = strings.TrimPrefix(text, Parameter+"=")
	if text == "" {
		return "", errNothing
	}
	if len(text) > maxLink {
		return "", errTooLong
	}
	for _, character := range text {
		if !fits(character) {
			return "", fmt.Errorf("the link has the character %q, which no link to a run has: copy it again", character)
		}
	}
	given, body, found := strings.Cut(text, ".")
	switch {
	case !found && given == version:
		return "", errCutOff
	case !found || given == "" || strings.Trim(given, "0123456789") != "" || len(given) > 4:
		return "", errors.New("it is no link to a run: that begins with 1 and a full stop")
	case given != version:
		return "", fmt.Errorf("the link is of version %s, and this program knows version %s: open it with the program that made it", given, version)
	case strings.Contains(body, "."):
		return "", errDamaged
	}
	return body, nil
}

func fits(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func unpack(packed []byte) ([]byte, error) {
	source := bytes.NewReader(packed)
	inflater := flate.NewReaderDict(source, []byte(dictionary))
	written, err := io.ReadAll(io.LimitReader(inflater, maxJSON+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errCutOff
	case err != nil:
		return nil, errDamaged
	case len(written) > maxJSON:
		return nil, errTooLong
	case source.Len() > 0:
		return nil, errDamaged
	}
	return written, nil
}

// read takes only what this program understands whole: a run of which it left
// something out would be another one.
func read(written []byte) (run wasmnet.Run, err error) {
	decoder := json.NewDecoder(bytes.NewReader(written))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&run); err != nil {
		return wasmnet.Run{}, fmt.Errorf("the link says something that this program does not know: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return wasmnet.Run{}, errDamaged
	}
	if err := validate(run); err != nil {
		return wasmnet.Run{}, fmt.Errorf("the link's run cannot be: %w", err)
	}
	return run, nil
}
