// The examples of FORMATS.md that are about trees, logs and proofs, made again from what the text says.
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../encoding/bytes.ts';
import { formatExample, formatExampleBytes } from '../format-example.testing.ts';
import { signingKeyOf } from '../identity/ed25519.ts';
import { checkCheckpoint } from '../log/accept.ts';
import { formatCheckpoint } from '../log/checkpoint.ts';
import { addSignatures, signNote } from '../log/note.ts';
import { formatPolicy, parsePolicy } from '../log/policy.ts';
import { cosignCheckpoint, logSigner } from '../log/signers.ts';
import { formatTlogProof, parseTlogProof } from '../log/tlog-proof.ts';
import { formatVkey, NOTE_TYPE, parseVkey } from '../log/vkey.ts';
import { encodeEntryBundle } from '../tree/bundle.ts';
import { consistencyProof } from '../tree/consistency.ts';
import { type Hash, hashLeaf } from '../tree/hash.ts';
import { inclusionProof, verifyInclusion } from '../tree/inclusion.ts';
import { rootOf } from '../tree/reader.ts';
import { entriesTilePath, tilePath, tilesOf } from '../tree/tiles.ts';
import { decodeProofExtra, encodeOwnPart, encodeProofExtra } from './extra.ts';

const entries = ['a', 'b', 'c'].map(utf8);
const leaves = entries.map(hashLeaf);
const ORIGIN = 'example.org/ledger';
const FACILITY = 'facility.example.org';
const [log, facility] = [1, 2].map((byte) => signingKeyOf(new Uint8Array(32).fill(byte))) as [
  ReturnType<typeof signingKeyOf>,
  ReturnType<typeof signingKeyOf>,
];
const lines = (id: string) => `${formatExample(id)}\n`;

describe('FORMATS.md', () => {
  it('shows the tree', () => {
    const shown = (list: readonly Hash[]) =>
      list.map((hash) => `leaf ${leaves.findIndex((leaf) => toHex(leaf) === toHex(hash))}`);
    expect(formatExample('tree').split('\n')).toEqual([
      ...leaves.map((leaf, i) => `leaf ${i}  ${toHex(leaf)}`),
      ...[0, 1, 2, 3].map((size) => `root ${size}  ${toHex(rootOf(leaves, size))}`),
      `path 1 in 3       ${shown(inclusionProof(leaves, 1, 3)).join(', ')}`,
      `consistency 2, 3  ${shown(consistencyProof(leaves, 2, 3)).join(', ')}`,
    ]);
  });

  it('shows tiles and bundles', () => {
    const last = [...tilesOf(70_000)].filter(({ width, index }) => width < 256 || index === 272);
    expect(formatExample('tile-paths').split('\n')).toEqual([
      ...last.map(({ level, index, width }) => tilePath(level, index, width)),
      tilePath(0, 1_234_067),
      entriesTilePath(273, 112),
    ]);
    expect(toHex(encodeEntryBundle(entries))).toBe(toHex(formatExampleBytes('entry-bundle')));
  });

  it('shows a checkpoint, its policy and a proof', () => {
    const body = formatCheckpoint({ origin: ORIGIN, size: 3, root: rootOf(leaves, 3) });
    const signed = signNote(body, [logSigner({ name: ORIGIN, secretKey: log.secretKey })]);
    const note = addSignatures(signed, [
      cosignCheckpoint(body, { name: FACILITY, secretKey: facility.secretKey }, 1700000000),
    ]);
    expect(note).toBe(lines('checkpoint'));
    const policy = parsePolicy(lines('policy'));
    expect(formatPolicy(policy)).toBe(lines('policy'));
    expect(policy.logs[0]?.key).toEqual(parseVkey(formatVkey(ORIGIN, NOTE_TYPE.ed25519, log.publicKey)));
    expect(checkCheckpoint(note, policy).cosignedAt).toEqual({ earliest: 1700000000, latest: 1700000000 });

    const proof = parseTlogProof(lines('tlog-proof'));
    expect(proof.checkpoint).toBe(note);
    expect(formatTlogProof(proof)).toBe(lines('tlog-proof'));
    expect(verifyInclusion(leaves[1] as Hash, proof.index, 3, rootOf(leaves, 3), proof.path)).toBe(true);
    expect(decodeProofExtra(proof.extra as Uint8Array)).toEqual({ seenSignatures: null, chain: [] });
  });

  it('shows what travels with a proof', () => {
    const entry = Uint8Array.of(1, 2);
    expect(toHex(encodeProofExtra({ seenSignatures: '— a AAAAAAA=\n', chain: [entry] }))).toBe(
      toHex(formatExampleBytes('proof-extra')),
    );
    const own = encodeOwnPart({ entry, seq: 1, path: [leaves[0] as Hash] });
    expect(toHex(own)).toBe(toHex(formatExampleBytes('proof-own')));
  });
});
