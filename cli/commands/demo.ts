// vitalseal demo: the same as start, for a bounded time and with a verdict: every acknowledged reading is read back by its owner,
// decrypted and proven, and counted.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VitalsealError } from '@vitalseal/ledger';
import { Command, InvalidArgumentError } from 'commander';
import type { Io } from '../io.ts';
import type { LocalSite } from '../site/local-site.ts';

interface DemoOptions {
  seconds: number;
  keep?: string;
  json?: boolean;
}

const BATCH_AGE_MS = 2_000;
const PROGRESS_MS = 2_000;

export function demoCommand(io: Io): Command {
  return new Command('demo')
    .description(
      'Runs a whole site for a while in a temporary folder, reads everything back, and says what was proven.',
    )
    .option('--seconds <n>', 'how long the simulated equipment measures', seconds, 20)
    .option('--keep <dir>', 'an empty or new folder in which facility, agent and wallet are left')
    .option('--json', 'print one JSON object as the last line')
    .addHelpText('after', '\nExit code 0 only when every acknowledged reading is proven, none lost and none double.')
    .action(async (given: DemoOptions) => {
      const dir = given.keep === undefined ? await mkdtemp(join(tmpdir(), 'vitalseal-demo-')) : emptyFolder(given.keep);
      try {
        const verdict = await demonstrate(io, dir, given);
        if (given.json) io.json(verdict);
        else io.table([{ ...verdict, checkpoint: verdict.checkpoint.size }]);
        // Nothing acknowledged is no proof of anything.
        if (verdict.acknowledged === 0) throw new VitalsealError('lost', 'no reading was acknowledged');
        if (verdict.lost > 0 || verdict.duplicates > 0 || verdict.proven < verdict.acknowledged)
          throw new VitalsealError('lost', `${verdict.lost} readings lost, ${verdict.duplicates} double`);
      } finally {
        if (given.keep === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
      }
    });
}

async function demonstrate(io: Io, dir: string, given: DemoOptions) {
  const [{ openLocalSite }, { Acknowledged }, { plainLine }, { readRecords }] = await Promise.all([
    import('../site/local-site.ts'),
    import('../site/acknowledged.ts'),
    import('../site/screen.ts'),
    import('@vitalseal/wallet'),
  ]);
  const { signal } = io;
  const acknowledged = new Acknowledged();
  const site = await openLocalSite({
    ...{ dir, batchAgeMs: BATCH_AGE_MS },
    onStep: (step) => io.printError(`making ${step}`),
    onAcknowledged: (reading) => acknowledged.add(reading),
  });
  try {
    if (site.wearable === null) io.printError('no Bluetooth wearable: there is no D-Bus daemon here (install dbus)');
    await watch(site, given.seconds, signal, async () => {
      const status = await site.status();
      io.printError(`${plainLine(status)}, ${status.state}`);
    });
    io.printError('the equipment is switched off; sealing and proving the rest');
    await site.silence();
    const status = await site.flush();
    io.printError('reading everything back as its owner');
    const { read, unread } = await readRecords({ facilityUrl: site.facilityUrl, identity: site.identity, wish: 'all' });
    const rows = read.flatMap((record) => record.rows);
    const sent = site.sent();
    const { lost, duplicates } = acknowledged.compare(rows, sent.readings - sent.acknowledgedReadings);
    return {
      readings: status.readings,
      acknowledged: acknowledged.total,
      batches: status.batches,
      registrations: status.registrations,
      proven: status.proven,
      ...{ lost, duplicates },
      quarantined: status.quarantined,
      unread: unread.length,
      checkpoint: status.checkpoint,
    };
  } finally {
    await site.stop();
  }
}

async function watch(
  site: LocalSite,
  forSeconds: number,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<void> {
  const end = performance.now() + forSeconds * 1000;
  while (!signal.aborted && performance.now() < end) {
    const left = Math.min(PROGRESS_MS, end - performance.now());
    await Promise.race([pause(left, undefined, { signal }).catch(() => {}), site.failed]);
    await look();
  }
}

function emptyFolder(dir: string): string {
  if (existsSync(dir) && !statSync(dir).isDirectory())
    throw new VitalsealError('usage', `--keep takes an empty or new folder, and ${dir} is a file`);
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new VitalsealError('folder_exists', `--keep takes an empty or new folder, and ${dir} holds something`);
  return resolve(dir);
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('expected a number of seconds above 0 and at most 86,400');
}
