// The vault's thread: opens database and key slots in the folder, answers calls in their order, and wakes the core when
// a batch is due. One thread owns the files, so that no lock is ever waited for.

import { statfsSync, statSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { constants, deflateRawSync } from 'node:zlib';
import { VitalsealError } from '@vitalseal/ledger';
import { openSlots } from '../store/slots.ts';
import type { VaultCore } from './calls.ts';
import { openCore } from './core.ts';
import { limitsOf } from './limits.ts';
import { type Call, type FromVault, type OpenVault, toWire } from './messages.ts';
import { openSlotFiles } from './slots.fs.ts';
import { openStore } from './store.sqlite.ts';

if (parentPort === null) throw new VitalsealError('internal', 'the vault runs in a worker thread only');
const port: MessagePort = parentPort;
const say = (message: FromVault) => port.postMessage(message);
const monotonicMs = () => performance.now();

/** After a store that cannot even be read: it is asked again, not in a circle. */
const PAUSE_MS = 1000;

let timer: NodeJS.Timeout | undefined;
let armedFor = Number.POSITIVE_INFINITY;
let ended = false;

function arm(core: VaultCore): void {
  const at = core.wakesAt();
  if (ended || at >= armedFor) return;
  clearTimeout(timer);
  armedFor = at;
  timer = setTimeout(
    () => {
      armedFor = Number.POSITIVE_INFINITY;
      core
        .tick()
        .catch(() => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)))
        .finally(() => arm(core));
    },
    Math.max(1, at - monotonicMs()),
  );
}

async function answer(core: VaultCore, { id, name, args }: Call): Promise<void> {
  try {
    const method = core[name] as (...args: readonly unknown[]) => unknown;
    const result = method(...args);
    // A commit is answered in this very turn: a device waits for it.
    const value = result instanceof Promise ? await result : result;
    say({ kind: 'answer', id, value });
    if (name === 'close') {
      ended = true;
      clearTimeout(timer);
      port.close();
    }
  } catch (error) {
    say({ kind: 'error', id, error: toWire(error) });
  }
  arm(core);
}

function open({ folder, options }: OpenVault): void {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const stored = statSync(join(folder, 'agent.db'), { throwIfNoEntry: false })?.size ?? 0;
    const limits = limitsOf(options, { free: bavail * bsize, stored });
    const core = openCore({
      store: openStore(join(folder, 'agent.db')),
      slots: openSlots(openSlotFiles(join(folder, 'keys'))),
      limits,
      clock: { monotonicMs, wallMs: Date.now },
      deflate: (bytes) => deflateRawSync(bytes, { level: constants.Z_DEFAULT_COMPRESSION }),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      sealed: () => say({ kind: 'sealed' }),
    });
    port.on('message', (call: Call) => void answer(core, call));
    say({ kind: 'ready', ids: core.ids(), waitingBytes: limits.waitingBytes });
    arm(core);
    // As in the main thread: a process that is killed would never write what it compiled, and a start leaves garbage.
    setTimeout(() => {
      module.flushCompileCache?.();
      globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    }, 2000).unref();
  } catch (error) {
    say({ kind: 'failed', error: toWire(error) });
    port.close();
  }
}

port.once('message', open);
