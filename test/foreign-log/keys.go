package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keys are the verifiers that a policy (C2SP tlog-policy) names. The quorum is not judged here.
type keys struct {
	logs      []note.Verifier
	witnesses []note.Verifier
}

func readKeys(policy string) (*keys, error) {
	found := &keys{}
	for _, line := range strings.Split(policy, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) >= 2 && words[0] == "log":
			verifier, err := note.NewVerifier(words[1])
			if err != nil {
				return nil, err
			}
			found.logs = append(found.logs, verifier)
		case len(words) >= 3 && words[0] == "witness":
			verifier, err := newCosignatureVerifier(words[2])
			if err != nil {
				return nil, err
			}
			found.witnesses = append(found.witnesses, verifier)
		}
	}
	if len(found.logs) == 0 {
		return nil, errors.New("the policy names no log")
	}
	return found, nil
}

// cosignatureVerifier verifies cosignature/v1 (C2SP tlog-cosignature, type 0x04), which sumdb/note does
// not know; written from the specification with the standard library alone.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	material, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(material) != 1+ed25519.PublicKeySize || material[0] != 0x04 {
		return nil, errors.New("a witness key that is not Ed25519 cosignature/v1")
	}
	digest := sha256.Sum256([]byte(name + "\n" + string(material)))
	hash := binary.BigEndian.Uint32(digest[:])
	if fmt.Sprintf("%08x", hash) != id {
		return nil, errors.New("a witness key with a wrong id")
	}
	return &cosignatureVerifier{name, hash, material[1:]}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

func (v *cosignatureVerifier) Verify(body, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, body)
	return ed25519.Verify(v.key, []byte(message), signature[8:])
}
