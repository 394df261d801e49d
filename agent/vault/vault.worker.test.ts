// The vault as the agent has it: the thread, the messages and the sink together, on real files.

import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery, MessageOrigin } from '@vitalseal/gateway';
import { toHex } from '@vitalseal/ledger';
import { expect, it, onTestFinished } from 'vitest';
import { IDENTITY, openAll, person, reading, type Shelf, temporaryFolder, values } from './core.testing.ts';
import type { Vault } from './vault.ts';
import { openVault } from './vault.worker.ts';

const message = (n: number, origin: MessageOrigin | null = null): Delivery => ({
  kind: 'readings',
  device: 'pump',
  readings: [reading(n)],
  alarm: false,
  origin,
});
const origin = (packetId: number, duplicate: boolean, hash = 1): MessageOrigin => ({
  user: 'pump',
  client: 'c',
  packetId,
  duplicate,
  payloadHash: new Uint8Array(8).fill(hash),
});

const deliver = (vault: Vault, delivery: Delivery) =>
  new Promise<void>((resolve, reject) => {
    vault.sink().deliver(delivery, (error) => (error === null ? resolve() : reject(error)));
  });

it('keeps what it settled over a restart, and knows what is sent again', async () => {
  const folder = temporaryFolder(onTestFinished);
  const ann = await person(1);
  const set = async (vault: Vault) => {
    await vault.setIdentity(IDENTITY);
    await vault.setOwners([{ owner: ann.owner, recipients: ann.recipients, sealed: true }]);
    await vault.setAssignments(new Map([['pump', ann.owner]]));
  };
  let vault = await openVault(folder);
  await set(vault);
  await Promise.all([deliver(vault, message(0, origin(1, false))), deliver(vault, message(0, origin(1, true)))]);
  await deliver(vault, message(0, origin(1, true)));
  expect(await vault.status()).toMatchObject({ readings: 1 });
  // Equal, but not marked: it counts.
  await deliver(vault, message(1, origin(1, false)));
  await vault.close();
  await expect(deliver(vault, message(2))).rejects.toMatchObject({ code: 'cancelled' });

  vault = await openVault(folder);
  let sealed = 0;
  vault.onSealed(() => sealed++);
  await set(vault);
  await deliver(vault, message(1, origin(1, true)));
  await deliver(vault, message(1, origin(1, true, 2)));
  await vault.flush();
  expect(sealed).toBeGreaterThan(0);
  expect(await vault.status()).toMatchObject({ readings: 3, duplicates: 3, failing: null, backlog: { batches: 2 } });
  const shelves: Shelf[] = [];
  for (const item of await vault.pending(10)) {
    const blob = item.blobHash === null ? null : await vault.blob(item.blobHash);
    const envelopes = item.type === 'epoch.open' ? await vault.envelopes(item.body.epoch) : null;
    shelves.push({ item, blob, envelopes });
  }
  expect(values(await openAll(shelves, ann))).toEqual([0, 1, 1]);
  await vault.close();
});

it('settles hundreds of messages with few commits', async () => {
  const vault = await openVault(temporaryFolder(onTestFinished));
  await vault.setAssignments(new Map([['pump', new Uint8Array(20)]]));
  await Promise.all(Array.from({ length: 500 }, (_, n) => deliver(vault, message(n))));
  expect((await vault.status()).readings).toBe(500);
  await vault.close();
});

it('keeps what the sync asked it to keep, and refuses calls once it is closed', async () => {
  const folder = temporaryFolder(onTestFinished);
  const vault = await openVault(folder);
  await vault.setMeta({ a: new Uint8Array([1]) });
  expect(toHex((await vault.meta('a')) as Uint8Array)).toBe('01');
  await vault.close();
  await expect(vault.status()).rejects.toMatchObject({ code: 'cancelled' });
});

it('keeps its files for its own user, whatever the folder allows', async () => {
  const folder = temporaryFolder(onTestFinished);
  chmodSync(folder, 0o755);
  const vault = await openVault(folder);
  await deliver(vault, message(1));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['agent.db', 'agent.db-wal', 'chains-a']));
  for (const { name, parentPath } of files)
    expect([name, statSync(join(parentPath, name)).mode & 0o077]).toEqual([name, 0]);
  await vault.close();
});

it('takes the end of its thread for its own when it was closed, also when both are seen at once', async () => {
  let failures = 0;
  const vault = await openVault(temporaryFolder(onTestFinished), {}, () => failures++);
  const closed = vault.close();
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
  }
  await closed;
  expect(failures).toBe(0);
  await expect(vault.status()).rejects.toMatchObject({ code: 'cancelled' });
});
