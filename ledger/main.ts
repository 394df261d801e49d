// What all sides must agree on byte for byte. Everything public of the package is exported here; other packages import
// nothing else of it. Pure: no I/O, no clock, and one file (crypto.ts) that a browser build replaces.

export * from './crypto.ts';
export * from './encoding/bytes.ts';
export * from './encoding/cbor.ts';
export * from './encoding/cose.ts';
export * from './entries/apply/check.ts';
export * from './entries/apply/view.ts';
export * from './entries/codec.ts';
export * from './entries/entry.ts';
export * from './entries/proofs.ts';
export * from './errors.ts';
export * from './identity/address.ts';
export * from './identity/ed25519.ts';
export * from './log/accept.ts';
export * from './log/checkpoint.ts';
export * from './log/note.ts';
export * from './log/policy.ts';
export * from './log/signers.ts';
export * from './log/tlog-proof.ts';
export * from './log/vkey.ts';
export * from './reading/context.ts';
export * from './reading/decimal.ts';
export * from './reading/reading.ts';
export * from './tree/bundle.ts';
export * from './tree/consistency.ts';
export * from './tree/frontier.ts';
export * from './tree/hash.ts';
export * from './tree/inclusion.ts';
export * from './tree/reader.ts';
export * from './tree/tiles.ts';
