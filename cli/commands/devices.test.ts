import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitalseal-devices-'));
  expect(await main(['agent', 'init', '--data', folder], recordingIo().io)).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function devices(...args: string[]) {
  const recorded = recordingIo();
  const code = await main(['agent', 'devices', ...args, '--data', folder], recorded.io);
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr(), json: () => recorded.lastJson() };
}

const ADDRESS = 'C0:26:DA:01:02:03';

describe('agent devices, while no agent runs', () => {
  it('adds a Bluetooth device by its address, without a password', async () => {
    const { code, stdout, stderr } = await devices('add', 'strap-1', '--ble', 'c026da010203', '--ble-service', '180d');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(ADDRESS);
    expect(stdout).not.toContain('password');
    const again = await devices('add', 'strap-9', '--ble', ADDRESS);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('device_invalid: strap-1 is that')]);
  });

  it('warns where a name alone is the rule', async () => {
    const plain = await devices('add', 'strap-2', '--ble-name', 'Strap 7', '--set-clock', '--owner', 'none');
    expect([plain.code, plain.stderr]).toEqual([
      0,
      expect.stringContaining('warning: Anybody nearby can send this name'),
    ]);
    const json = await devices('add', 'strap-3', '--ble-name', 'Strap 8', '--json');
    expect(json.json()).toEqual({
      device: 'strap-3',
      match: { address: null, name: 'Strap 8', service: null },
      setClock: false,
      warning: expect.stringContaining('Anybody'),
    });
  });

  it.each([
    ['a service alone', ['--ble-service', '180D'], 'device_invalid'],
    ['what is no address', ['--ble', 'strap'], 'device_invalid'],
    ['an empty address', ['--ble', ''], 'device_invalid'],
    ['a clock without a radio', ['--set-clock'], 'usage'],
    ['an option in place of an address', ['--ble', '--owner', 'none'], 'usage'],
  ])('refuses %s', async (_what, args, error) => {
    const { code, json } = await devices('add', 'strap-4', ...args, '--json');
    expect([code, json()]).toMatchObject([2, { error: { code: error } }]);
  });

  it('lists and shows them beside those of MQTT, and no secret', async () => {
    const added = await devices('add', 'pump-1', '--json');
    const { password } = added.json() as { password: string };
    const listed = await devices('list', '--json');
    expect(listed.json()).toMatchObject({
      devices: [
        { device: 'strap-1', kind: 'ble', address: ADDRESS, state: 'unseen', owner: 'enrolled' },
        { device: 'strap-2', kind: 'ble', address: null, owner: 'none' },
        { device: 'strap-3', kind: 'ble' },
        { device: 'pump-1', kind: 'mqtt', address: null, state: null },
      ],
    });
    const strap = await devices('show', 'strap-2');
    expect(strap.stdout).toMatch(/advertised name +Strap 7/);
    expect(strap.stdout).toMatch(/clock +not read yet; set when it is wrong/);
    expect(strap.stdout).toMatch(/state +no agent runs: nobody listens for it/);
    expect(strap.stdout).not.toContain('paired');
    const pump = await devices('show', 'pump-1', '--json');
    expect(pump.json()).toMatchObject({ kind: 'mqtt', username: 'pump-1', topics: { json: 'vitalseal/pump-1/json' } });
    expect(pump.stdout).not.toContain(password);
  });

  it('removes one, and its next life may have the address', async () => {
    const removed = await devices('remove', 'strap-1');
    expect([removed.code, removed.stderr]).toEqual([0, expect.stringContaining(`bluetoothctl remove ${ADDRESS}`)]);
    expect((await devices('show', 'strap-1')).code).toBe(2);
    expect((await devices('remove', 'strap-1', '--json')).json()).toMatchObject({ error: { code: 'device_unknown' } });
    expect((await devices('add', 'strap-1', '--ble', ADDRESS)).code).toBe(0);
  });
});
