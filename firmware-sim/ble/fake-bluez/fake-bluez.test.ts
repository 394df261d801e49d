import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Message, type MessageBus, sessionBus, Variant } from '@jellybrick/dbus-next';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { busProgram, type PrivateBus, startPrivateBus } from '../bus/private-bus.fs.ts';
import { type FakeBluez, type FakeBluezOptions, startFakeBluez } from './fake-bluez.bluez.ts';

const STRAP = 'C0:26:DA:00:00:01';
const PATH = `/org/bluez/hci0/dev_${STRAP.replaceAll(':', '_')}`;
const PROPERTIES = 'org.freedesktop.DBus.Properties';
type Objects = Record<string, Record<string, Record<string, Variant>>>;

function busIsThere(): boolean {
  if (busProgram() !== null) return true;
  if (process.env.CI === 'true') throw new Error('dbus-daemon is missing: install dbus');
  console.warn('skipped: dbus-daemon is missing (install dbus)');
  return false;
}

describe.skipIf(!busIsThere())('the fake org.bluez', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vs-bus-'));
  let daemon: PrivateBus;
  let bluez: FakeBluez;
  let client: MessageBus;
  let heard: Message[] = [];

  beforeAll(async () => {
    daemon = await startPrivateBus(dir);
  });
  afterEach(async () => {
    client.disconnect();
    await bluez.stop();
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true });
  });

  async function begin(options: Partial<FakeBluezOptions> = {}): Promise<void> {
    bluez = await startFakeBluez({
      busAddress: daemon.address,
      peripherals: [{ kind: 'heart-rate', address: STRAP, seed: 1 }],
      ...options,
      limits: { advertiseMs: 20, connectTimeoutMs: 100, ...options.limits },
    });
    client = sessionBus({ busAddress: daemon.address });
    heard = [];
    client.on('message', (message: Message) => heard.push(message));
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    await call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch', 's', ["type='signal'"]);
  }

  async function call(path: string, name: string, member: string, signature = '', body: unknown[] = []) {
    const destination = name === 'org.freedesktop.DBus' ? name : 'org.bluez';
    return (await client.call(new Message({ destination, path, interface: name, member, signature, body })))?.body[0];
  }
  const device = (member: string) => call(PATH, 'org.bluez.Device1', member);
  const adapter = (member: string) => call('/org/bluez/hci0', 'org.bluez.Adapter1', member);
  const get = async (path: string, name: string, property: string) =>
    ((await call(path, PROPERTIES, 'Get', 'ss', [name, property])) as Variant).value;
  const objects = async () => (await call('/', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')) as Objects;

  async function characteristic(uuid: string): Promise<string> {
    const found = Object.entries(await objects()).find(([, interfaces]) =>
      String(interfaces['org.bluez.GattCharacteristic1']?.UUID?.value).startsWith(`0000${uuid}`),
    );
    return found?.[0] ?? '';
  }

  async function find(): Promise<void> {
    await adapter('StartDiscovery');
    await expect.poll(async () => Object.keys(await objects())).toContain(PATH);
    await adapter('StopDiscovery');
  }

  async function connect(): Promise<void> {
    await device('Connect');
    await expect.poll(() => get(PATH, 'org.bluez.Device1', 'ServicesResolved')).toBe(true);
  }

  /** Values of a characteristic that came as signals. */
  const values = (path: string) =>
    heard.flatMap(({ path: at, member, body }) => {
      const { Value } = (member === 'PropertiesChanged' && at === path ? body[1] : {}) as Record<string, Variant>;
      return Value === undefined ? [] : [Buffer.from(Value.value as Buffer).toString('hex')];
    });

  it('has an adapter, hears a strap, connects, and notifies until the link drops', async () => {
    const sent: string[] = [];
    await begin({ onSent: (_address, { bytes }) => sent.push(Buffer.from(bytes).toString('hex')) });
    expect(await get('/org/bluez/hci0', 'org.bluez.Adapter1', 'Powered')).toBe(true);
    await find();
    expect(await get(PATH, 'org.bluez.Device1', 'UUIDs')).toEqual(['0000180d-0000-1000-8000-00805f9b34fb']);
    await connect();
    bluez.flood(STRAP, 50);
    const path = await characteristic('2a37');
    await call(path, 'org.bluez.GattCharacteristic1', 'StartNotify');
    await expect.poll(() => values(path).length).toBeGreaterThan(5);
    bluez.drop(STRAP);
    await expect.poll(() => get(PATH, 'org.bluez.Device1', 'Connected')).toBe(false);
    expect(values(path)).toEqual(sent);
    expect(bluez.sent(STRAP).packets).toBe(sent.length);
    // The object stays, as in BlueZ, and says why it cannot be read.
    await expect(call(path, 'org.bluez.GattCharacteristic1', 'ReadValue', 'a{sv}', [{}])).rejects.toMatchObject({
      text: 'Not connected',
    });
  });

  it('reads what is constant, and refuses what cannot be read or written', async () => {
    await begin();
    await find();
    await connect();
    const read = async (uuid: string) =>
      call(await characteristic(uuid), 'org.bluez.GattCharacteristic1', 'ReadValue', 'a{sv}', [{}]);
    expect(await read('2a38')).toEqual(Buffer.from([1]));
    expect(String(await read('2a29'))).toBe('Simulated');
    await expect(read('2a37')).rejects.toMatchObject({ type: 'org.bluez.Error.NotPermitted' });
  });

  it('fails as it is told', async () => {
    await begin();
    await find();
    bluez.failNext('Connect', 'org.bluez.Error.Failed', STRAP);
    await expect(device('Connect')).rejects.toMatchObject({ type: 'org.bluez.Error.Failed' });
    bluez.vanish(STRAP);
    await expect(device('Connect')).rejects.toMatchObject({ text: 'le-connection-abort-by-local' });
    bluez.appear(STRAP);
    bluez.setFaults(STRAP, { resolveNever: true });
    await device('Connect');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await get(PATH, 'org.bluez.Device1', 'ServicesResolved')).toBe(false);
    bluez.setPowered(false);
    await expect(adapter('StartDiscovery')).rejects.toMatchObject({ type: 'org.bluez.Error.NotReady' });
    expect(bluez.isConnected(STRAP)).toBe(false);
  });

  it('goes deaf until its power is cycled', async () => {
    await begin();
    await adapter('StartDiscovery');
    bluez.stallDiscovery();
    await expect(adapter('StopDiscovery')).rejects.toMatchObject({ type: 'org.bluez.Error.InProgress' });
    await expect(adapter('StartDiscovery')).rejects.toMatchObject({ type: 'org.bluez.Error.InProgress' });
    for (const on of [false, true]) {
      const powered = ['org.bluez.Adapter1', 'Powered', new Variant('b', on)];
      await call('/org/bluez/hci0', PROPERTIES, 'Set', 'ssv', powered);
    }
    await find();
  });

  it('dies and comes back without its devices', async () => {
    await begin();
    await find();
    await connect();
    await bluez.stop();
    const lost = heard.filter(({ member, body }) => member === 'NameOwnerChanged' && body[0] === 'org.bluez');
    await expect.poll(() => heard.some(({ member }) => member === 'NameOwnerChanged')).toBe(true);
    expect(lost.every(({ body }) => body[2] === '')).toBe(true);
    await bluez.start();
    client.disconnect();
    client = sessionBus({ busAddress: daemon.address });
    expect(Object.keys(await objects())).toEqual(['/org/bluez', '/org/bluez/hci0']);
    expect(bluez.isConnected(STRAP)).toBe(false);
  });
});
