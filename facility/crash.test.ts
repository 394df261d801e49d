// The real process, killed by SIGKILL at random moments under load. Afterwards every entry that got a receipt is in the
// log, once, at the index that the receipt named; every checkpoint that was ever served is a prefix of the last one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type AcceptedCheckpoint,
  checkCheckpoint,
  FacilityClient,
  leafHash,
  parsePolicy,
  toHex,
  verifyConsistency,
  verifyInclusion,
} from '@vitalseal/ledger';
import { expect, it, onTestFinished } from 'vitest';
import { inTemporaryFolder } from './fixtures/facility.ts';
import { enrol, httpTransport, openStream, type Person, recordWish, type Stream, sign } from './fixtures/people.ts';
import { exportFacility, initFacility, inviteFacility } from './main.ts';

const KILLS = Number(process.env.VITALSEAL_KILLS ?? 20);
const GATEWAYS = 4;
const PER_POST = 8;
const SERVE = fileURLToPath(new URL('fixtures/serve.ts', import.meta.url));

interface Served {
  readonly process: ChildProcess;
  readonly url: string;
}

async function serve(dir: string, port: number): Promise<Served> {
  const child = spawn(process.execPath, [SERVE, dir, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    return { process: child, url: (JSON.parse(line) as { url: string }).url };
  }
  throw new Error('the facility did not start');
}

/** Sends records until told to stop, the same bytes again while they are unanswered. */
async function load(gateway: Person, stream: Stream, running: { on: boolean }, receipts: Map<string, number>) {
  while (running.on) {
    const entries = Array.from({ length: PER_POST }, () => sign(gateway, recordWish(stream)));
    for (;;) {
      const answers = await gateway.client.submit(entries).catch(() => null);
      if (answers === null) {
        await pause(10);
        continue;
      }
      for (const answer of answers) {
        if (answer.kind !== 'receipt') throw new Error(`refused: ${answer.code}`);
        receipts.set(toHex(answer.leaf), answer.index);
      }
      break;
    }
  }
}

it(
  `${KILLS} kills of the facility under load lose no receipt and fork no log`,
  { timeout: 60_000 + KILLS * 4_000 },
  () =>
    inTemporaryFolder(async (folder) => {
      const dir = join(folder, 'facility');
      const { origin } = await initFacility({ dir });
      let served = await serve(dir, 0);
      onTestFinished(() => void served.process.kill('SIGKILL'));
      const port = Number(new URL(served.url).port);
      const enter = async (role: 'patient' | 'gateway') =>
        enrol(served.url, origin, (await inviteFacility({ dir }, { role })).code, role);
      const owner = await enter('patient');
      const gateways: [Person, Stream][] = [];
      for (let i = 0; i < GATEWAYS; i++) {
        const gateway = await enter('gateway');
        gateways.push([gateway, await openStream(gateway, owner)]);
      }
      const client = new FacilityClient(httpTransport(served.url), origin);
      const policy = parsePolicy(await client.policy());
      const seen: AcceptedCheckpoint[] = [checkCheckpoint(await client.checkpoint(), policy)];

      const receipts = new Map<string, number>();
      const running = { on: true };
      const loads = Promise.all(gateways.map(([gateway, stream]) => load(gateway, stream, running, receipts)));
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(Math.random() * 400);
        seen.push(checkCheckpoint(await client.checkpoint(), policy));
        const exited = once(served.process, 'exit');
        served.process.kill('SIGKILL');
        await exited;
        served = await serve(dir, port);
      }
      running.on = false;
      await loads;

      const size = Math.max(...receipts.values()) + 1;
      const last = checkCheckpoint(await client.checkpoint({ min: size, waitSeconds: 10 }), policy);
      expect(last.size).toBeGreaterThanOrEqual(size);
      for (const older of seen) {
        const { checkpoint, consistency } = await client.prove({ from: older.size, index: 0 });
        const now = checkCheckpoint(checkpoint, policy);
        expect(verifyConsistency(older.size, older.root, now.size, now.root, consistency)).toBe(true);
      }
      const places = new Map<string, number>();
      for (const [gateway] of gateways) {
        for (let from = 0; from < gateway.own.size; from += 1_024) {
          for (const { index, leaf } of await client.signerLeaves(gateway.address, from)) {
            expect(places.has(toHex(leaf))).toBe(false);
            places.set(toHex(leaf), index);
          }
        }
      }
      for (const [leaf, index] of receipts) expect(places.get(leaf)).toBe(index);
      // Nothing but what the gateways signed: registration, epoch and records, no more.
      expect(places.size).toBe(gateways.reduce((sum, [gateway]) => sum + gateway.own.size, 0));
      const [, newest] = [...receipts].at(-1) as [string, number];
      const entry = await client.entry(newest);
      const proof = await client.prove({ from: 0, index: newest });
      const under = checkCheckpoint(proof.checkpoint, policy);
      expect(verifyInclusion(leafHash(entry), newest, under.size, under.root, proof.inclusion)).toBe(true);

      const exited = once(served.process, 'exit');
      served.process.kill('SIGTERM');
      expect((await exited)[0]).toBe(0);
      expect((await exportFacility({ dir }, join(folder, 'export'), [newest])).size).toBe(last.size);
    }),
);
