// vitalseal start: the whole thing on embedded defaults, live in the terminal, until Ctrl-C. Run again, it continues.

import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { Io } from '../io.ts';

interface StartOptions {
  data: string;
  seconds?: number;
  json?: boolean;
}

const BATCH_AGE_MS = 10_000;
const LOOK_MS = 500;

export function startCommand(io: Io): Command {
  return new Command('start')
    .description('Runs a facility, an agent and simulated equipment with embedded defaults, until Ctrl-C.')
    .option(
      '--data <dir>',
      'folder of this site; run again with the same one, it continues where it stopped',
      '.vitalseal',
    )
    .option('--seconds <n>', 'stop after this many seconds', positive)
    .option('--json', 'print one JSON object as the last line')
    .addHelpText('after', `\nBatches close after ${BATCH_AGE_MS / 1000} s here, so that there is something to see.`)
    .action(async ({ data, seconds = Number.POSITIVE_INFINITY, json }: StartOptions) => {
      const [{ openLocalSite }, { plainLine, screenOf }] = await Promise.all([
        import('../site/local-site.ts'),
        import('../site/screen.ts'),
      ]);
      const { signal } = io;
      const site = await openLocalSite({
        dir: data,
        batchAgeMs: BATCH_AGE_MS,
        onStep: (step) => io.printError(`making ${step}`),
      });
      try {
        io.print(`facility ${site.facilityUrl}, MQTT ${site.mqtt}, data in ${resolve(data)}; Ctrl-C stops`);
        if (site.wearable === null) io.print('no Bluetooth wearable: there is no D-Bus daemon here (install dbus)');
        else io.print(`Bluetooth: a simulated heart-rate strap, ${site.wearable}, on a private bus`);
        const show = screenOf(io);
        const start = performance.now();
        const elapsed = () => (performance.now() - start) / 1000;
        const look = async () => {
          const [status, { readings }] = [await site.status(), site.sent()];
          const state = status.problem === null ? status.state : `${status.state}, ${status.problem}`;
          return { ...status, seconds: elapsed(), sent: readings, state };
        };
        while (!signal.aborted && elapsed() < seconds) {
          show(await look());
          await Promise.race([pause(LOOK_MS, undefined, { signal }).catch(() => {}), site.failed]);
        }
        io.print('stopping: what is not yet proven is kept, and goes on with the next start');
        await Promise.race([site.silence(), site.failed]);
        const last = { ...(await look()), state: 'stopped', running: false, link: 'unknown' };
        await site.stop();
        io.print(`stopped: ${plainLine(last)}`);
        if (json) io.json(last);
      } finally {
        await site.stop();
      }
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a number of seconds above 0');
}
