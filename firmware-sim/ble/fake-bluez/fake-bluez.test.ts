import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateBus, startPrivateBus } from '../bus/private-bus.fs.ts';
import { busIsThere, Client, pathOf } from './client.testing.ts';
import { type FakeBluez, startFakeBluez } from './fake-bluez.bluez.ts';
import type { FakeBluezOptions } from './options.ts';
import { startFakeBluezProcess } from './process.socket.ts';
import type { FakeDeviceSpec } from './spec.ts';

const STRAP = 'C0:26:DA:00:00:01';
const METER = 'C0:26:DA:00:00:02';
const METER_SPEC = { kind: 'glucose-ble', address: METER, seed: 2, records: 40 } as const;
const LIMITS = { advertiseMs: 20, connectTimeoutMs: 100 };

describe.skipIf(!busIsThere())('the fake org.bluez', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vs-bus-'));
  let daemon: PrivateBus;
  let bluez: FakeBluez;
  let client: Client;

  beforeAll(async () => {
    daemon = await startPrivateBus(dir);
  });
  afterEach(async () => {
    client.close();
    await bluez.stop();
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true });
  });

  async function begin(strap: Partial<FakeDeviceSpec> = {}, options: Partial<FakeBluezOptions> = {}): Promise<void> {
    bluez = await startFakeBluez({
      busAddress: daemon.address,
      peripherals: [{ kind: 'heart-rate', address: STRAP, seed: 1, ...strap } as FakeDeviceSpec, METER_SPEC],
      ...options,
      limits: { ...LIMITS, ...options.limits },
    });
    client = await Client.open(daemon.address);
  }

  async function find(address = STRAP): Promise<void> {
    await client.adapter('StartDiscovery');
    await expect.poll(async () => Object.keys(await client.objects())).toContain(pathOf(address));
    await client.adapter('StopDiscovery');
  }

  async function connect(address = STRAP): Promise<void> {
    await client.device(address, 'Connect');
    await expect.poll(() => client.of(address, 'ServicesResolved')).toBe(true);
  }

  it('has an adapter, hears a strap, connects, and notifies until the link drops', async () => {
    const sent: string[] = [];
    await begin({}, { onSent: (_address, { bytes }) => sent.push(Buffer.from(bytes).toString('hex')) });
    expect(await client.get('/org/bluez/hci0', 'org.bluez.Adapter1', 'Powered')).toBe(true);
    await find();
    expect(await client.of(STRAP, 'UUIDs')).toEqual(['0000180d-0000-1000-8000-00805f9b34fb']);
    expect(await client.of(STRAP, 'RSSI')).toBeUndefined();
    await connect();
    bluez.flood(STRAP, 50);
    const path = await client.subscribe(STRAP, '2A37');
    await expect.poll(() => client.values(path).length).toBeGreaterThan(5);
    bluez.drop(STRAP);
    await expect.poll(() => client.of(STRAP, 'Connected')).toBe(false);
    expect(client.values(path)).toEqual(sent);
    expect(bluez.sent(STRAP).packets).toBe(sent.length);
    // The object stays, as in BlueZ, and says why it cannot be read.
    await expect(client.read(STRAP, '2A38')).rejects.toMatchObject({ text: 'Not connected' });
    // So does the subscription of a program that did not end it.
    await connect();
    await expect.poll(() => client.values(path).length).toBeGreaterThan(sent.length - 1);
  });

  it('reads what is constant, and refuses what cannot be read or written', async () => {
    await begin();
    await find();
    await connect();
    expect(await client.read(STRAP, '2A38')).toEqual(Buffer.from([1]));
    expect(String(await client.read(STRAP, '2A29'))).toBe('Simulated');
    await expect(client.read(STRAP, '2A37')).rejects.toMatchObject({ type: 'org.bluez.Error.NotPermitted' });
    await expect(client.write(STRAP, '2A39', '07')).rejects.toMatchObject({
      text: 'Operation failed with ATT error: 0x80',
    });
  });

  it('hands out stored records, and a cut in the middle ends it', async () => {
    await begin();
    await find(METER);
    await connect(METER);
    const records = await client.subscribe(METER, '2A18');
    const control = await client.subscribe(METER, '2A52');
    await client.write(METER, '2A52', '0101');
    await expect.poll(() => client.values(control)).toEqual(['06000101']);
    expect(client.values(records)).toHaveLength(40);
    bluez.dropAfter(METER, 7);
    await client.write(METER, '2A52', '0101');
    await expect.poll(() => client.of(METER, 'Connected')).toBe(false);
    expect(client.values(records)).toHaveLength(47);
    bluez.setFaults(METER, { silentRacp: true });
    await connect(METER);
    await client.write(METER, '2A52', '0101');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.values(control)).toHaveLength(1);
  });

  it('fails as it is told', async () => {
    await begin();
    await find();
    bluez.failNext('Connect', 'org.bluez.Error.Failed', STRAP);
    await expect(client.device(STRAP, 'Connect')).rejects.toMatchObject({ type: 'org.bluez.Error.Failed' });
    bluez.vanish(STRAP);
    await expect(client.device(STRAP, 'Connect')).rejects.toMatchObject({ text: 'le-connection-abort-by-local' });
    bluez.appear(STRAP);
    bluez.setFaults(STRAP, { connectHangs: true });
    const hanging = client.device(STRAP, 'Connect');
    await expect(client.device(STRAP, 'Connect')).rejects.toMatchObject({ type: 'org.bluez.Error.InProgress' });
    await client.device(STRAP, 'Disconnect');
    await expect(hanging).rejects.toMatchObject({ text: 'le-connection-abort-by-local' });
    bluez.setFaults(STRAP, { connectHangs: false, resolveNever: true });
    await client.device(STRAP, 'Connect');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await client.of(STRAP, 'ServicesResolved')).toBe(false);
    bluez.setPowered(false);
    await expect(client.adapter('StartDiscovery')).rejects.toMatchObject({ type: 'org.bluez.Error.NotReady' });
    expect(bluez.isConnected(STRAP)).toBe(false);
  });

  it('has so many slots', async () => {
    await begin({}, { limits: { slots: 1 } });
    await find(METER);
    await find();
    await connect();
    await expect(client.device(METER, 'Connect')).rejects.toMatchObject({
      text: 'le-connection-concurrent-connection-limit',
    });
    await client.device(STRAP, 'Disconnect');
    await connect(METER);
  });

  it('goes deaf until its power is cycled', async () => {
    await begin();
    await client.adapter('StartDiscovery');
    bluez.stallDiscovery();
    for (const member of ['StopDiscovery', 'StartDiscovery']) {
      await expect(client.adapter(member)).rejects.toMatchObject({ type: 'org.bluez.Error.InProgress' });
    }
    await client.power(false);
    await client.power(true);
    await find();
  });

  it('forgets what a program leaves behind when it goes', async () => {
    await begin();
    await find();
    await connect();
    const other = await Client.open(daemon.address);
    await other.agent('KeyboardDisplay', {});
    await other.adapter('StartDiscovery');
    const path = await other.subscribe(STRAP, '2A37');
    expect([bluez.agents, bluez.discovering]).toEqual([1, true]);
    other.close();
    await expect.poll(() => [bluez.agents, bluez.discovering]).toEqual([0, false]);
    expect(await client.get(path, 'org.bluez.GattCharacteristic1', 'Notifying')).toBe(false);
  });

  it('dies and comes back without its devices', async () => {
    await begin();
    await find();
    await connect();
    await bluez.stop();
    await expect.poll(() => client.heard.some(({ member }) => member === 'NameOwnerChanged')).toBe(true);
    expect(client.heard.some(({ member }) => member === 'InterfacesRemoved')).toBe(false);
    await bluez.start();
    client.close();
    client = await Client.open(daemon.address);
    expect(Object.keys(await client.objects())).toEqual(['/org/bluez', '/org/bluez/hci0']);
    expect(bluez.isConnected(STRAP)).toBe(false);
  });

  describe('pairing', () => {
    const protectedStrap = { protection: 'encrypted', pairing: 'just-works' } as const;

    it('what is protected makes it pair by itself, and ask the agent even about Just Works', async () => {
      await begin(protectedStrap);
      await find();
      const asked = await client.agent('KeyboardDisplay', { RequestAuthorization: ['', []] });
      await connect();
      expect(await client.of(STRAP, 'Paired')).toBe(false);
      expect(await client.read(STRAP, '2A38')).toEqual(Buffer.from([1]));
      expect([await client.of(STRAP, 'Paired'), asked]).toEqual([true, [['RequestAuthorization']]]);
      await expect(client.device(STRAP, 'Pair')).rejects.toMatchObject({ type: 'org.bluez.Error.AlreadyExists' });
      // The bond outlives bluetoothd, and ends when the device is removed.
      await bluez.stop();
      await bluez.start();
      client.close();
      client = await Client.open(daemon.address);
      expect(await client.of(STRAP, 'Paired')).toBe(true);
      await client.call('/org/bluez/hci0', 'org.bluez.Adapter1', 'RemoveDevice', 'o', [pathOf(STRAP)]);
      expect(bluez.isPaired(STRAP)).toBe(false);
    });

    it.each([
      ['numeric-comparison', 'RequestConfirmation', ['', []], [['RequestConfirmation', 424_242]]],
      ['passkey-entry', 'RequestPasskey', ['u', [424_242]], [['RequestPasskey']]],
      ['passkey-display', 'DisplayPasskey', ['', []], [['DisplayPasskey', 424_242, 0]]],
      ['pin', 'RequestPinCode', ['s', ['424242']], [['RequestPinCode']]],
    ] as const)('%s asks the agent', async (pairing, question, answer, expected) => {
      await begin({ protection: 'authenticated', pairing, passkey: 424_242 });
      await find();
      const asked = await client.agent('KeyboardDisplay', { [question]: [answer[0], [...answer[1]]] });
      await client.device(STRAP, 'Pair');
      expect(asked).toEqual(expected);
      await connect();
      expect(await client.read(STRAP, '2A38')).toEqual(Buffer.from([1]));
    });

    it('fails when refused, when mistyped, and when cancelled', async () => {
      await begin({ pairing: 'passkey-entry' });
      await find();
      const asked = await client.agent('KeyboardDisplay', { RequestPasskey: ['u', [1]] });
      const failed = { type: 'org.bluez.Error.AuthenticationFailed' };
      await expect(client.device(STRAP, 'Pair')).rejects.toMatchObject(failed);
      expect(asked).toEqual([['RequestPasskey']]);
      expect(bluez.isPaired(STRAP)).toBe(false);
      await expect(client.device(STRAP, 'CancelPairing')).rejects.toMatchObject({
        type: 'org.bluez.Error.DoesNotExist',
      });
    });

    it('without a way to ask leaves the link unauthenticated', async () => {
      await begin({ protection: 'authenticated', pairing: 'numeric-comparison' });
      await find();
      await client.agent('NoInputNoOutput', {});
      await client.device(STRAP, 'Pair');
      await connect();
      await expect(client.read(STRAP, '2A38')).rejects.toMatchObject({ text: 'Not paired' });
    });

    it('resolves who a rotating address is', async () => {
      const identity = '10:20:30:40:50:60';
      await begin({ identity });
      await find();
      bluez.rotate(STRAP, '5A:00:00:00:00:07');
      await find('5A:00:00:00:00:07');
      expect(await client.of(STRAP, 'Address')).toBeUndefined();
      await client.device('5A:00:00:00:00:07', 'Pair');
      expect(await client.of('5A:00:00:00:00:07', 'Address')).toBe(identity);
      bluez.rotate(STRAP, '5A:00:00:00:00:08');
      expect(await client.of('5A:00:00:00:00:07', 'Address')).toBe(identity);
    });
  });

  it('runs in a process of its own, and dies like one', async () => {
    await begin();
    await bluez.stop();
    const child = await startFakeBluezProcess({
      busAddress: daemon.address,
      peripherals: [{ kind: 'heart-rate', address: STRAP }],
      limits: LIMITS,
    });
    await find();
    await connect();
    expect(await child.call('isConnected', STRAP)).toBe(true);
    await expect(child.call('drop', 'nobody')).rejects.toThrow('no simulated device');
    await child.call('drop', STRAP);
    await expect.poll(() => client.of(STRAP, 'Connected')).toBe(false);
    await child.kill();
    await expect(client.objects()).rejects.toThrow();
    await expect(startFakeBluezProcess({ busAddress: 'unix:path=/nowhere', peripherals: [] })).rejects.toThrow();
  });
});
