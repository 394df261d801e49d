// The Bluetooth side of the gateway against a real bluetoothd over a virtual radio, in a virtual machine: build-image.sh
// makes the machine once, init.sh starts it, guest/main.ts is what runs in it, on the sources and node_modules of this very tree.
// Skipped with a printed reason where there is no machine; with CI=true that fails.

import { beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../site/tool.ts';
import { bootGuest, findImage } from './machine.ts';
import { parseReport, type Report, SCENARIOS } from './scenarios.ts';

const PROGRAM = 'test/radio-vm/guest/main.ts';
/** Several times what it takes on an idle machine; one scenario that takes all of its time leaves enough for the others. */
const GUEST_SECONDS = 480;
const MOST_LINES = 300;

async function imageOrReason(): Promise<{ image: string } | { reason: string }> {
  if (process.arch !== 'x64') return { reason: 'the virtual machine runs the Node of this machine, and is for x64' };
  const has = hasTool('qemu-system-x86_64', 'qemu-system-x86') && hasTool('mmdebstrap', 'mmdebstrap');
  if (!has) return { reason: 'no virtual machine' };
  return findImage().then(
    (image) => ({ image }),
    (error: Error) => ({ reason: `the image of the virtual machine cannot be built: ${error.message}` }),
  );
}

const found = await imageOrReason();
if ('reason' in found && process.env.CI === 'true' && process.arch === 'x64') throw new Error(found.reason);
if ('reason' in found) console.warn(`skipped: ${found.reason}`);

describe.runIf('image' in found)('a real bluetoothd over a virtual radio', () => {
  const reports = new Map<string, Report>();
  let lines: string[] = [];

  /** What the guest said since the scenario before this one was over: little, where all went well. */
  const saidOf = (scenario: string) => {
    const end = lines.findIndex((line) => parseReport(line)?.scenario === scenario);
    const start = lines.findLastIndex((line, at) => at < end && parseReport(line) !== null);
    return lines
      .slice(start + 1, end)
      .slice(-MOST_LINES)
      .join('\n');
  };

  beforeAll(
    async () => {
      if (!('image' in found)) return;
      lines = await bootGuest({ image: found.image, program: PROGRAM, seconds: GUEST_SECONDS });
      for (const report of lines.map(parseReport)) if (report !== null) reports.set(report.scenario, report);
    },
    (GUEST_SECONDS + 60) * 1000,
  );

  test.each(Object.entries(SCENARIOS))('%s: %s', (scenario) => {
    const report = reports.get(scenario);
    if (report === undefined)
      expect.fail(`the guest says nothing of it; its last words:\n${lines.slice(-40).join('\n')}`);
    if (report.failure !== null) expect.fail(`${report.failure}\n${saidOf(scenario)}`);
    console.info(`radio-vm: ${scenario}`, JSON.stringify(report.facts), saidOf(scenario));
  });
});
