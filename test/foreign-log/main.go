// Foreign-log checks an exported Vitalseal ledger with code that is not ours: the signed notes by
// golang.org/x/mod/sumdb/note, the tree by golang.org/x/mod/sumdb/tlog. Only the names of the files
// (C2SP tlog-tiles) and the framing of proofs and entry bundles are read here.
//
//	foreign-log DIR    exits 0 and prints what was checked, or exits 1 and says what failed
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type report struct {
	Origin       string `json:"origin"`
	Size         int64  `json:"size"`
	Entries      int64  `json:"entries"`
	Inclusions   int64  `json:"inclusions"`
	Consistency  int64  `json:"consistency"`
	Proofs       int    `json:"proofs"`
	Cosignatures int    `json:"cosignatures"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: foreign-log DIR")
		os.Exit(2)
	}
	checked, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "foreign-log:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(checked); err != nil {
		os.Exit(1)
	}
}

func check(dir string) (*report, error) {
	policy, err := os.ReadFile(filepath.Join(dir, "policy"))
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(string(policy))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return nil, err
	}
	head, err := keys.open(text)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	checked := &report{Origin: head.origin, Size: head.N, Cosignatures: head.cosignatures}
	if head.N > 0 {
		if err := checkTree(dir, head.Tree, checked); err != nil {
			return nil, err
		}
	}
	proofs, err := filepath.Glob(filepath.Join(dir, "*.tlog-proof"))
	if err != nil {
		return nil, err
	}
	for _, proof := range proofs {
		if err := checkProof(keys, proof); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(proof), err)
		}
		checked.Proofs++
	}
	return checked, nil
}

// checkTree holds every tile, every entry bundle, an inclusion proof for every leaf and a consistency
// proof from some 200 older sizes against the tree head.
func checkTree(dir string, head tlog.Tree, checked *report) error {
	tiles := &tileDir{dir}
	hashes := tlog.TileHashReader(head, tiles)
	root, err := tlog.TreeHash(head.N, hashes)
	if err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if root != head.Hash {
		return errors.New("tiles: the root is not the checkpoint's")
	}
	step := max(1, head.N/200)
	for start := int64(0); start < head.N; start += 256 {
		if err := checkBundle(tiles, hashes, head, start, step, checked); err != nil {
			return err
		}
	}
	for older := int64(1); older <= head.N; older += step {
		olderRoot, err := tlog.TreeHash(older, hashes)
		if err != nil {
			return fmt.Errorf("tree of %d: %w", older, err)
		}
		proof, err := tlog.ProveTree(head.N, older, hashes)
		if err != nil {
			return fmt.Errorf("consistency from %d: %w", older, err)
		}
		if err := tlog.CheckTree(proof, head.N, head.Hash, older, olderRoot); err != nil {
			return fmt.Errorf("consistency from %d: %w", older, err)
		}
		checked.Consistency++
	}
	return nil
}

// checkBundle holds the entries of one bundle against their leaves, and every step-th against the root.
func checkBundle(tiles *tileDir, hashes tlog.HashReader, head tlog.Tree, start, step int64, checked *report) error {
	entries, err := tiles.bundle(start/256, int(min(256, head.N-start)))
	if err != nil {
		return fmt.Errorf("entries from %d: %w", start, err)
	}
	var indexes []int64
	for i := range entries {
		indexes = append(indexes, tlog.StoredHashIndex(0, start+int64(i)))
	}
	stored, err := hashes.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("leaves from %d: %w", start, err)
	}
	for i, entry := range entries {
		index := start + int64(i)
		leaf := tlog.RecordHash(entry)
		if stored[i] != leaf {
			return fmt.Errorf("entry %d: its hash is not the leaf in the tile", index)
		}
		checked.Entries++
		if index%step != 0 && index != head.N-1 {
			continue
		}
		proof, err := tlog.ProveRecord(head.N, index, hashes)
		if err != nil {
			return fmt.Errorf("inclusion of %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, head.N, head.Hash, index, leaf); err != nil {
			return fmt.Errorf("inclusion of %d: %w", index, err)
		}
		checked.Inclusions++
	}
	return nil
}

// checkProof holds INDEX.tlog-proof (C2SP tlog-proof) and INDEX.entry beside it against each other.
func checkProof(keys *keys, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(strings.TrimSuffix(path, ".tlog-proof") + ".entry")
	if err != nil {
		return err
	}
	top, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(top, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	head, err := keys.open([]byte(checkpoint))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, head.N, head.Hash, index, tlog.RecordHash(entry))
}

// tileDir reads tiles by their C2SP names (tile/L/N, without the height that sumdb's own names carry).
type tileDir struct{ dir string }

func (t *tileDir) Height() int { return 8 }

func (t *tileDir) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tileDir) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, err := t.read(strconv.Itoa(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		if len(bytes) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %d/%d has %d bytes, not %d", tile.L, tile.N, len(bytes), tile.W*tlog.HashSize)
		}
		data[i] = bytes
	}
	return data, nil
}

// read reads the tile of exactly that width.
func (t *tileDir) read(level string, index int64, width int) ([]byte, error) {
	name := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		name = fmt.Sprintf("x%03d/%s", rest%1000, name)
	}
	if width < 256 {
		return os.ReadFile(filepath.Join(t.dir, "tile", level, fmt.Sprintf("%s.p", name), strconv.Itoa(width)))
	}
	return os.ReadFile(filepath.Join(t.dir, "tile", level, name))
}

// bundle reads the entries of one bundle (C2SP tlog-tiles: u16 length before each).
func (t *tileDir) bundle(index int64, width int) ([][]byte, error) {
	bytes, err := t.read("entries", index, width)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(bytes) > 0 {
		if len(bytes) < 2 || len(bytes) < 2+int(binary.BigEndian.Uint16(bytes)) {
			return nil, errors.New("the bundle is cut short")
		}
		length := int(binary.BigEndian.Uint16(bytes))
		entries = append(entries, bytes[2:2+length])
		bytes = bytes[2+length:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("the bundle has %d entries, not %d", len(entries), width)
	}
	return entries, nil
}

type treeHead struct {
	tlog.Tree
	origin       string
	cosignatures int
}

// open verifies a checkpoint: signed by a log of the policy under its origin, and cosigned by at least
// one witness where the policy has any.
func (k *keys) open(text []byte) (*treeHead, error) {
	signed, err := note.Open(text, note.VerifierList(append(k.logs, k.witnesses...)...))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 {
		return nil, errors.New("not a checkpoint")
	}
	head := &treeHead{origin: lines[0]}
	if head.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return nil, err
	}
	if head.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return nil, err
	}
	byLog := false
	for _, signature := range signed.Sigs {
		for _, log := range k.logs {
			byLog = byLog || (signature.Name == log.Name() && signature.Hash == log.KeyHash() && log.Name() == head.origin)
		}
		for _, witness := range k.witnesses {
			if signature.Name == witness.Name() && signature.Hash == witness.KeyHash() {
				head.cosignatures++
			}
		}
	}
	if !byLog {
		return nil, errors.New("no log of the policy signed the checkpoint under its origin")
	}
	if len(k.witnesses) > 0 && head.cosignatures == 0 {
		return nil, errors.New("no witness of the policy cosigned the checkpoint")
	}
	return head, nil
}
