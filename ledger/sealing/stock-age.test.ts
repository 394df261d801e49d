// Holds what we seal against the age tool itself (filippo.io/age), both ways. It is built once into the user's cache;
// without Go or a network the tests are skipped and say so, except in CI.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes, sha256 } from '../crypto.ts';
import { concat, utf8 } from '../encoding/bytes.ts';
import { addressOf } from '../identity/address.ts';
import { formatIdentity } from '../identity/file.ts';
import { hashLeaf } from '../tree/hash.ts';
import { openEnvelope, sealEnvelopes } from './envelope.ts';
import { exportForStockAge } from './export.ts';
import { generateRecipientKey, isRecipient, isRecipientIdentity, type RecipientKey, recipientOf } from './recipient.ts';

const VERSION = 'v1.3.2';
const bin = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vitalseal', `age-${VERSION}`);

/** Why the tool cannot be had here; null when it is there. */
function missing(): string | null {
  if (existsSync(join(bin, 'age')) && existsSync(join(bin, 'age-keygen'))) return null;
  try {
    const env = { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' };
    for (const command of ['age', 'age-keygen']) {
      execFileSync('go', ['install', `filippo.io/age/cmd/${command}@${VERSION}`], {
        env,
        stdio: 'pipe',
        timeout: 240_000,
      });
    }
    return null;
  } catch (error) {
    const reason = `the age tool cannot be built here: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
    if (process.env.CI === 'true') throw new Error(reason);
    return reason;
  }
}

const reason = missing();
if (reason !== null) console.warn(`skipped: ${reason}`);

describe.skipIf(reason !== null)('the stock age tool', () => {
  const secret = randomBytes(32);
  let folder: string;
  let key: RecipientKey;
  let keyFile: string;

  const age = (args: readonly string[], input: Uint8Array): Uint8Array =>
    new Uint8Array(execFileSync(join(bin, 'age'), args, { input, stdio: ['pipe', 'pipe', 'pipe'] }));
  const keygen = (args: readonly string[]): string =>
    execFileSync(join(bin, 'age-keygen'), args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vitalseal-age-'));
    key = await generateRecipientKey();
    keyFile = join(folder, 'identity');
    const signingKey = new Uint8Array(32).fill(9);
    const policy = new Uint8Array(32);
    // Our own identity file, as it lies in a data folder.
    writeFileSync(
      keyFile,
      formatIdentity({ address: addressOf(signingKey), origin: 'example.org/ledger', policy, signingKey, ...key }),
      { mode: 0o600 },
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes our identity file and names the same recipient', () => {
    expect(keygen(['-y', keyFile]).trim()).toBe(key.recipient);
  });

  it('makes keys that we take', async () => {
    const identity =
      keygen(['-pq'])
        .split('\n')
        .find((line) => line.startsWith('AGE-SECRET-KEY-PQ-1')) ?? '';
    expect(isRecipientIdentity(identity)).toBe(true);
    writeFileSync(join(folder, 'stock'), `${identity}\n`, { mode: 0o600 });
    const recipient = await recipientOf(identity);
    expect(isRecipient(recipient)).toBe(true);
    expect(keygen(['-y', join(folder, 'stock')]).trim()).toBe(recipient);
  });

  it('opens our envelopes', async () => {
    const reader = { address: new Uint8Array(20), recipient: key.recipient };
    const { envelopes } = await sealEnvelopes(secret, [reader]);
    expect(age(['-d', '-i', keyFile], envelopes[0]?.file as Uint8Array)).toEqual(secret);
  });

  it('makes files that we open as envelopes', async () => {
    const file = age(['-r', key.recipient], secret);
    const salt = randomBytes(16);
    const root = hashLeaf(concat(salt, sha256(file)));
    const envelope = { reader: new Uint8Array(20), salt, index: 0, path: [], file };
    expect(await openEnvelope(envelope, root, 1, key.identity)).toEqual(secret);
  });

  it('opens our exports of every length around a chunk', async () => {
    for (const length of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const plaintext = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
      const file = await exportForStockAge(plaintext, [key.recipient]);
      expect(age(['-d', '-i', keyFile], file)).toEqual(plaintext);
    }
  });

  it('refuses a changed export', async () => {
    const file = await exportForStockAge(utf8('reading'), [key.recipient]);
    expect(() => age(['-d', '-i', keyFile], file.with(-1, (file.at(-1) as number) ^ 1))).toThrow();
  });
});
