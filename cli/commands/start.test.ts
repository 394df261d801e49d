import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busProgram } from '@vitalseal/firmware-sim';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-start-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('takes a port near its own, and none that the system lends out, where its own is taken', async () => {
  const listens = (port: number) =>
    new Promise<Server>((done) => {
      const server = createServer().listen(port, '127.0.0.1', () => done(server));
      server.on('error', () => done(server)); // another test has it: as good
    });
  const taken = await Promise.all([8440, 1883].map(listens));
  const recorded = recordingIo();
  expect(await main(['start', '--data', folder, '--seconds', '0.1'], recorded.io)).toBe(0);
  for (const server of taken) server.close();
  const { facilityPort, mqttPort } = JSON.parse(await readFile(join(folder, 'site.json'), 'utf8'));
  expect([8441 <= facilityPort, facilityPort <= 8540, 1884 <= mqttPort, mqttPort <= 1983]).not.toContain(false);
}, 40_000);

it('takes another port when two sites that are set up at the same time choose the same', async () => {
  const start = (name: string) => main(['start', '--data', join(folder, name), '--seconds', '0.1'], recordingIo().io);
  expect(await Promise.all([start('a'), start('b')])).toEqual([0, 0]);
}, 40_000);

it('ends with what became of it: stopped, with the last counts, as `agent status` names them', async () => {
  const recorded = recordingIo();
  expect(await main(['start', '--data', folder, '--seconds', '2', '--json'], recorded.io)).toBe(0);
  const lines = recorded.stdout().trimEnd().split('\n');
  expect(lines.at(-3)).toMatch(/^stopping/);
  expect(lines.at(-2)).toMatch(/^stopped: [1-9][0-9]* readings, .* 1 registration, /);
  const status = recordingIo();
  expect(await main(['agent', 'status', '--data', join(folder, 'agent'), '--json'], status.io)).toBe(0);
  const [last, stopped] = [recorded.lastJson(), status.lastJson()] as Record<string, unknown>[];
  expect(last).toMatchObject({ state: 'stopped', running: false, checkpoint: { size: expect.any(Number) } });
  for (const name of ['readings', 'checkpoint', 'state', 'running', 'link'])
    expect(last?.[name]).toEqual(stopped?.[name]);
}, 40_000);

it('shows a Bluetooth wearable beside the equipment, and counts what it sent; or says why there is none', async () => {
  const recorded = recordingIo();
  expect(await main(['start', '--data', folder, '--seconds', '5', '--json'], recorded.io)).toBe(0);
  const { ble, sent, readings } = recorded.lastJson() as Record<string, unknown>;
  expect(sent).toBe(readings);
  if (busProgram() === null) {
    expect(recorded.stdout()).toContain('no Bluetooth wearable: there is no D-Bus daemon here');
    expect(ble).toEqual([]);
    return;
  }
  expect(recorded.stdout()).toContain('Bluetooth: a simulated heart-rate strap, strap-1, on a private bus');
  expect(ble).toMatchObject([{ device: 'strap-1', problem: null, connections: 1, quarantined: 0 }]);
  expect((ble as { readings: number }[])[0]?.readings).toBeGreaterThan(0);
}, 40_000);
