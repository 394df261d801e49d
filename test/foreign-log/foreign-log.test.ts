// Logs written by our ledger, verified by golang.org/x/mod/sumdb: what we serve is what other people's tools expect.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { initFacility, runFacility } from '@vitalseal/facility';
import {
  addSignatures,
  cosignCheckpoint,
  encodeEntryBundle,
  entriesTilePath,
  formatCheckpoint,
  formatTlogProof,
  formatVkey,
  hashLeaf,
  inclusionProof,
  leafReader,
  logSigner,
  NOTE_TYPE,
  rootOf,
  signingKeyOf,
  signNote,
  tileBytes,
  tilePath,
  tilesOf,
} from '@vitalseal/ledger';
import { initWallet } from '@vitalseal/wallet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../site/ports.ts';
import { buildVerifier, verifyForeign, withoutGo } from './go-tool.testing.ts';

const ORIGIN = 'vitalseal.org/solo/test';
const log = signingKeyOf(new Uint8Array(32).fill(1));
const facility = signingKeyOf(new Uint8Array(32).fill(2));
const folders: string[] = [];
let verifier = '';

/** A folder as `vitalseal facility export` lays it out, with `size` entries of different lengths. */
function exportLog(size: number, proofs: readonly number[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitalseal-log-'));
  folders.push(folder);
  const write = (path: string, data: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), data);
  };
  const entries = Array.from({ length: size }, (_, i) => new TextEncoder().encode(`entry ${i} ${'x'.repeat(i % 90)}`));
  const read = leafReader(entries.map(hashLeaf));
  const body = formatCheckpoint({ origin: ORIGIN, size, root: rootOf(read, size) });
  const signed = signNote(body, [logSigner({ name: ORIGIN, secretKey: log.secretKey })]);
  const checkpoint = addSignatures(signed, [
    cosignCheckpoint(body, { name: 'facility', secretKey: facility.secretKey }, 1700000000),
  ]);
  write(
    'policy',
    `log ${formatVkey(ORIGIN, NOTE_TYPE.ed25519, log.publicKey)}\n` +
      `witness facility ${formatVkey('facility', NOTE_TYPE.cosignature, facility.publicKey)}\nquorum facility\n`,
  );
  write('checkpoint', checkpoint);
  for (const tile of tilesOf(size)) {
    write(tilePath(tile.level, tile.index, tile.width), tileBytes(read, tile));
    if (tile.level > 0) continue;
    const start = tile.index * 256;
    write(entriesTilePath(tile.index, tile.width), encodeEntryBundle(entries.slice(start, start + tile.width)));
  }
  for (const index of proofs) {
    const path = inclusionProof(read, index, size);
    write(`${index}.tlog-proof`, formatTlogProof({ index, path, checkpoint, extra: Uint8Array.of(1, 2, 3) }));
    write(`${index}.entry`, entries[index] as Uint8Array);
  }
  return folder;
}

/** Turns one bit in the middle of a file. */
function tamper(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe.skipIf(withoutGo())('an exported log', () => {
  beforeAll(() => {
    verifier = buildVerifier();
  }, 120_000);
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    rmSync(dirname(verifier), { recursive: true, force: true });
  });

  it.each([1, 2, 3, 7, 255, 256, 257, 700, 65_537])(
    'of %i entries verifies with golang.org/x/mod/sumdb',
    (size) => {
      const report = verifyForeign(verifier, exportLog(size, [0, size - 1]));
      expect(report).toMatchObject({
        origin: ORIGIN,
        size,
        entries: size,
        proofs: size === 1 ? 1 : 2,
        cosignatures: 1,
      });
    },
    60_000,
  );

  it.each([
    'checkpoint',
    'tile/0/000',
    'tile/0/002.p/188',
    'tile/1/000.p/2',
    'tile/entries/000',
    'tile/entries/002.p/188',
    '511.tlog-proof',
    '511.entry',
  ])('in which one bit of %s was turned does not', (file) => {
    const folder = exportLog(700, [511]);
    expect(verifyForeign(verifier, folder)).toMatchObject({ size: 700 });
    tamper(join(folder, file));
    expect(verifyForeign(verifier, folder)).toMatch(/^foreign-log: /);
  });

  it('that lost a tile, or whose checkpoint nobody of the policy signed, does not', () => {
    const folder = exportLog(300, []);
    const checkpoint = readFileSync(join(folder, 'checkpoint'), 'utf8');
    writeFileSync(join(folder, 'checkpoint'), checkpoint.replace(/— facility .*\n/, ''));
    expect(verifyForeign(verifier, folder)).toMatch(/no witness/);
    writeFileSync(join(folder, 'checkpoint'), checkpoint.replace(/— vitalseal.*\n/, ''));
    expect(verifyForeign(verifier, folder)).toMatch(/no log/);
    writeFileSync(join(folder, 'checkpoint'), checkpoint);
    rmSync(join(folder, 'tile/0/000'));
    expect(verifyForeign(verifier, folder)).toMatch(/no such file/);
  });

  it('of a real facility verifies, with its proofs', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vitalseal-facility-'));
    folders.push(dir);
    const out = join(dir, 'export');
    await initFacility({ dir: join(dir, 'facility') });
    const facility = await runFacility({
      dir: join(dir, 'facility'),
      listen: { host: '127.0.0.1', port: await freePort() },
    });
    for (const name of ['one', 'two', 'three']) {
      const code = facility.invite({ role: 'patient' });
      await initWallet({ dir: join(dir, name), facilityUrl: facility.url, code });
    }
    await facility.stop();
    expect(
      runVitalseal('facility', 'export', out, '--data', join(dir, 'facility'), '--proof', '0', '--proof', '4'),
    ).toBe(0);
    const report = verifyForeign(verifier, out);
    expect(report).toMatchObject({ origin: facility.origin, size: 5, entries: 5, proofs: 2, cosignatures: 1 });
    tamper(join(out, '4.tlog-proof'));
    expect(verifyForeign(verifier, out)).toMatch(/^foreign-log: 4.tlog-proof: /);
  }, 60_000);
});

/** Exit code of the real command. */
function runVitalseal(...argv: string[]): number | null {
  const bin = join(import.meta.dirname, '../../cli/bin/vitalseal.js');
  return spawnSync(process.execPath, [bin, ...argv], { stdio: 'ignore' }).status;
}
