// Signature checks on a thread of their own, so that verifying and committing overlap. One thread, because one keeps
// the order; this file is both ends of it.
import { isMainThread, type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { VitalsealError } from '@vitalseal/ledger';
import { isSigned, type SignatureChecker } from './signatures.ts';

/** Entries that may wait for the thread; a few seconds' work. */
const MAX_WAITING = 50_000;

type Waiting = { resolve(flags: boolean[]): void; reject(error: unknown): void };

/** The thread is started by the first entry, and does not keep the process alive. */
export function threadedSignatures(): SignatureChecker {
  const waiting: Waiting[] = [];
  let worker: Worker | null = null;
  let queued = 0;
  let broken = false;
  const start = () => {
    const started = new Worker(new URL(import.meta.url));
    started.on('message', (flags: Uint8Array) => {
      queued -= flags.length;
      waiting.shift()?.resolve(Array.from(flags, (flag) => flag === 1));
    });
    started.on('error', () => {});
    started.on('exit', () => {
      broken = true;
      for (const one of waiting.splice(0)) one.reject(new VitalsealError('facility_busy'));
    });
    started.unref();
    return started;
  };
  return {
    async check(entries) {
      // Without its thread the facility goes on, more slowly.
      if (broken) return entries.map(isSigned);
      if (queued + entries.length > MAX_WAITING) throw new VitalsealError('facility_busy');
      queued += entries.length;
      worker ??= start();
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker?.postMessage(entries.map(({ bytes }) => bytes));
      });
    },
    async close() {
      await worker?.terminate();
    },
  };
}

function serve(port: MessagePort): void {
  port.on('message', (entries: readonly Uint8Array[]) => {
    port.postMessage(Uint8Array.from(entries, (bytes) => (isSigned({ bytes }) ? 1 : 0)));
  });
}

if (!isMainThread && parentPort !== null) serve(parentPort);
