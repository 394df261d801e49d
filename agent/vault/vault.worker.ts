// The main thread's side of the vault: starts the thread, turns calls into messages, and keeps the sink, which encodes
// here so that one buffer a group commit is all that crosses.

import { Worker } from 'node:worker_threads';
import { type Address, VitalsealError } from '@vitalseal/ledger';
import type { Group } from '../inbox/group.ts';
import { decodeIds } from '../inbox/recent.ts';
import { createSink } from '../inbox/sink.ts';
import { type Call, type CallName, type FromVault, fromWire, type OpenVault } from './messages.ts';
import type { Vault, VaultFailure, VaultOptions } from './vault.ts';

const YOUNG_MB = 8;

interface Pending {
  resolve(value: unknown): void;
  reject(error: VitalsealError): void;
}

/** The thread, which loads what it needs while its caller does the same. `openVault` takes it over, or `terminate` ends it. */
export function startVaultThread(): Worker {
  return new Worker(new URL('./thread.worker.ts', import.meta.url), {
    // Nursery of short-lived objects: a larger one is memory that never comes back after one burst.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
}

/**
 * Opens the vault in an existing folder (`agent.db`, `keys/`); the caller holds the folder's lock. `failed` is told when
 * the thread dies: every call rejects from then on. Throws `store_newer`, `store_damaged`, `disk_full`, `store_failed`.
 */
export async function openVault(
  folder: string,
  options: VaultOptions = {},
  failed?: VaultFailure,
  worker: Worker = startVaultThread(),
): Promise<Vault> {
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const pending = new Map<number, Pending>();
  const listeners = new Set<() => void>();
  const undelegated = new Set<(owner: Address) => void>();
  let next = 0;
  let opened = false;
  let closing: number | null = null;
  let ended: VitalsealError | null = null;

  function end(error: VitalsealError): void {
    if (ended !== null) return;
    ended = error;
    for (const call of pending.values()) call.reject(error);
    pending.clear();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the caller names the type of the answer that the core gives
  function call(name: CallName, args: readonly unknown[], transfer: readonly ArrayBuffer[] = []): Promise<any> {
    return new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      const id = next++;
      pending.set(id, { resolve, reject });
      worker.postMessage({ id, name, args } satisfies Call, transfer as ArrayBuffer[]);
    });
  }

  const ready = await new Promise<Extract<FromVault, { kind: 'ready' }>>((resolve, reject) => {
    worker.on('message', (message: FromVault) => {
      if (message.kind === 'ready') {
        opened = true;
        resolve(message);
      } else if (message.kind === 'failed') reject(fromWire(message.error));
      else if (message.kind === 'sealed') for (const listener of listeners) listener();
      else {
        const waiting = pending.get(message.id);
        pending.delete(message.id);
        if (message.kind === 'answer') waiting?.resolve(message.value);
        else waiting?.reject(fromWire(message.error));
        // At once: the thread's end may be told in this very turn.
        if (message.kind === 'answer' && message.id === closing)
          end(new VitalsealError('cancelled', 'the vault is closed'));
      }
    });
    const died = () => {
      const error = new VitalsealError('store_failed', 'the thread of the vault died');
      reject(error);
      if (ended !== null) return;
      end(error);
      if (opened) failed?.(error);
    };
    worker.on('error', died);
    worker.on('exit', died);
    worker.postMessage({ folder, options } satisfies OpenVault);
  });

  const sink = createSink(
    {
      commit: (group: Group) =>
        call(
          'commit',
          [group],
          group.parts.map((part) => part.bytes.buffer as ArrayBuffer),
        ),
      monotonicMs: () => performance.now(),
      wallMs: Date.now,
      after(ms, work) {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
    },
    ready.waitingBytes,
  );
  for (const row of ready.ids) sink.recall(decodeIds(row));

  return {
    sink: () => sink,
    setIdentity: (identity) => call('setIdentity', [identity]),
    async setAssignments(assignments) {
      sink.assign(assignments);
      // What was delivered under the old assignments is committed under them first.
      await sink.drain();
      await call('setAssignments', [assignments]);
    },
    setOwners: (owners) => call('setOwners', [owners]),
    renewEpochs: () => call('renewEpochs', []),
    onSealed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onUndelegated(listener) {
      undelegated.add(listener);
      return () => void undelegated.delete(listener);
    },
    async flush() {
      await sink.drain();
      await call('flush', []);
    },
    status: () => call('status', []),
    unsealedOwners: () => call('unsealedOwners', []),
    pending: (limit) => call('pending', [limit]),
    blob: (hash) => call('blob', [hash]),
    envelopes: (epoch) => call('envelopes', [epoch]),
    commitSigned: (signed) => call('commitSigned', [signed]),
    accepted: (items) => call('accepted', [items]),
    async refused(items) {
      const owners: Address[] = await call('refused', [items]);
      for (const owner of owners) for (const listener of undelegated) listener(owner);
    },
    adopt: (seq, leaf, index) => call('adopt', [seq, leaf, index]),
    unsignFrom: (seq) => call('unsignFrom', [seq]),
    putOwn: (entries) => call('putOwn', [entries]),
    proven: (proof) => call('proven', [proof]),
    records: (query) => call('records', [query]),
    ownLeaves: () => call('ownLeaves', []),
    signedVariants: (seq) => call('signedVariants', [seq]),
    meta: (key) => call('meta', [key]),
    setMeta: (entries) => call('setMeta', [entries]),
    async close() {
      if (ended !== null) return;
      await sink.drain(true);
      closing = next;
      await call('close', []);
      await exited;
    },
  };
}
