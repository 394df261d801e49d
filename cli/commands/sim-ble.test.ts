import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLE_KINDS, type BleKind, busProgram, createPeripheral, startPrivateBus } from '@vitalseal/firmware-sim';
import { describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

async function run(...argv: string[]) {
  const recorded = recordingIo();
  const code = await main(['sim', 'ble', ...argv], recorded.io);
  return { code, ...recorded };
}

function busIsThere(): boolean {
  if (busProgram() !== null) return true;
  if (process.env.CI === 'true') throw new Error('dbus-daemon is missing: install dbus');
  console.warn('skipped: dbus-daemon is missing (install dbus)');
  return false;
}

describe('vitalseal sim ble', () => {
  it('explains itself', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const word of [
      'heart-rate',
      'glucose-ble',
      'health-sensor',
      '--adapter',
      '--bus',
      '--fake',
      '--pairing',
      '--records',
      '--bad',
    ]) {
      expect(stdout()).toContain(word);
    }
  });

  it.each([
    [['toaster']],
    [[]],
    [['cgm', '--adapter', 'usb0']],
    [['cgm', '--address', 'here']],
    [['cgm', '--records', '-1']],
    [['cgm', '--seconds', '0']],
    [['cgm', '--pairing', 'by-hand']],
    [['cgm', '--bad', '1.5']],
    [['cgm', 'toaster', '--fake']],
  ])('%j is a usage error', async (argv) => {
    expect((await run(...argv)).code).toBe(2);
  });

  it.each(Object.keys(BLE_KINDS) as BleKind[])('takes --records of %s just when it stores any', async (kind) => {
    const { services } = createPeripheral({ kind, address: 'C0:FF:EE:00:00:01' });
    const stores = services.some(({ characteristics }) => characteristics.some(({ uuid }) => uuid === '2A52'));
    const { code, stderr } = await run(kind, '--records', '3', '--bus', 'unix:path=/no/such/bus');
    if (stores) expect(code).toBe(75);
    else expect([code, stderr()]).toEqual([2, expect.stringContaining(`usage: --records: ${kind} stores nothing`)]);
  });

  it('says what to do for several devices on one adapter', async () => {
    const { code, stderr } = await run('cgm', 'scale', '--bus', 'unix:path=/no/such/bus');
    expect([code, stderr()]).toEqual([2, expect.stringMatching(/one adapter is one device.*--fake.*--adapter/)]);
  });

  it('says that there is no Bluetooth', async () => {
    const { code, lastJson } = await run('heart-rate', '--bus', 'unix:path=/no/such/bus', '--json', '--seconds', '1');
    expect(code).toBe(75);
    expect(lastJson()).toMatchObject({ error: { code: 'radio_unavailable' } });
  });

  it.skipIf(!busIsThere())('runs behind a fake BlueZ for its seconds', async () => {
    const { code, stderr, lastJson } = await run(
      'cgm',
      '--fake',
      '--seconds',
      '0.2',
      '--pairing',
      'just-works',
      '--json',
    );
    expect(code).toBe(0);
    expect(stderr()).toMatch(/^cgm at C0:FF:EE:00:00:01 on a fake BlueZ, bus unix:path=/);
    const bus = expect.stringMatching(/^unix:path=/);
    expect(lastJson()).toEqual({ kind: 'cgm', address: 'C0:FF:EE:00:00:01', bus, packets: 0, readings: 0 });
  });

  it.skipIf(!busIsThere())('has several devices on one bus, each at the next address', async () => {
    const options = ['--fake', '--seconds', '0.2', '--address', 'C0:FF:EE:00:00:FF', '--bad', '0.5'];
    const { code, stderr, lastJson } = await run('cgm', 'scale', 'cgm', ...options, '--json');
    expect([code, stderr()]).toEqual([
      0,
      expect.stringMatching(/^cgm at .*:00:FF, scale at .*:01:00, cgm at .*:01:01 on /),
    ]);
    const nothing = { packets: 0, readings: 0, damaged: 0 };
    expect(lastJson()).toEqual({
      bus: expect.stringMatching(/^unix:path=/),
      devices: [
        { kind: 'cgm', address: 'C0:FF:EE:00:00:FF', ...nothing },
        { kind: 'scale', address: 'C0:FF:EE:00:01:00', ...nothing },
        { kind: 'cgm', address: 'C0:FF:EE:00:01:01', ...nothing },
      ],
    });
    const { stdout } = await run('cgm', 'scale', ...options);
    expect(stdout()).toBe(
      'cgm at C0:FF:EE:00:00:FF: 0 packets with 0 readings sent, 0 of the packets damaged\n' +
        'scale at C0:FF:EE:00:01:00: 0 packets with 0 readings sent, 0 of the packets damaged\n',
    );
  });

  it.skipIf(!busIsThere())('says which digits its device shows, and ends when its bus does', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vitalseal-sim-ble-'));
    try {
      const bus = await startPrivateBus(dir);
      setTimeout(() => void bus.stop(), 500);
      const { code, stderr } = await run(
        ...['scale', '--fake', '--bus', bus.address, '--pairing', 'passkey-entry', '--seconds', '20'],
      );
      expect([code, stderr()]).toEqual([75, expect.stringContaining('radio_unavailable: the bus is gone')]);
      expect(stderr()).toContain('the device shows 123456');
      expect(stderr()).toContain(`DBUS_SYSTEM_BUS_ADDRESS='${bus.address}'`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
