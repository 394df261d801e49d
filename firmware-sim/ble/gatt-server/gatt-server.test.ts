import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Message, type MessageBus, type Variant } from '@jellybrick/dbus-next';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addMatch, connectBus } from '../bus/connection.bluez.ts';
import { ADAPTER, AGENT, AGENT_MANAGER, CHARACTERISTIC, DEVICE } from '../bus/names.ts';
import { type BusObject, ObjectServer } from '../bus/object-server.bluez.ts';
import { type PrivateBus, startPrivateBus } from '../bus/private-bus.fs.ts';
import { busIsThere } from '../fake-bluez/client.testing.ts';
import { createPeripheral } from '../kinds.ts';
import type { AnswerPairing } from './agent.bluez.ts';
import { type GattServer, startGattServer } from './gatt-server.bluez.ts';

const HCI = '/org/bluez/hci1';
const CENTRAL = `${HCI}/dev_00_00_00_00_00_01`;
type Objects = Record<string, Record<string, Record<string, Variant>>>;

/** What bluetoothd does with an application: takes note of it, and calls it. */
class Bluetoothd {
  readonly bus: MessageBus;
  readonly objects: ObjectServer;
  readonly registered: string[] = [];
  readonly properties: Record<string, unknown> = {};
  application: { sender: string; path: string } = { sender: '', path: '' };
  advertisement = '';
  readonly values: string[] = [];
  disconnected = 0;

  private constructor(bus: MessageBus) {
    this.bus = bus;
    this.objects = new ObjectServer(bus, '/');
    bus.on('message', ({ member, body }: Message) => {
      const { Value } = (member === 'PropertiesChanged' ? body[1] : {}) as Record<string, Variant>;
      if (Value) this.values.push(Buffer.from(Value.value as Buffer).toString('hex'));
    });
  }

  static async start(busAddress: string): Promise<Bluetoothd> {
    const host = new Bluetoothd(await connectBus(busAddress));
    const take = (takes: string[], call: (message: Message) => void) => ({ takes, gives: '', call });
    const settable = (name: string) => ({
      [name]: (value: unknown) => {
        host.properties[name] = value;
      },
    });
    const adapter: BusObject = {
      [ADAPTER]: {
        properties: {
          Address: ['s', '00:AA:01:01:00:24'],
          Powered: ['b', false],
          Alias: ['s', ''],
          Pairable: ['b', false],
        },
        methods: {},
        settable: { ...settable('Powered'), ...settable('Alias'), ...settable('Pairable') },
      },
      'org.bluez.GattManager1': {
        properties: {},
        methods: {
          RegisterApplication: take(['o', 'a{sv}'], ({ sender, body }) => {
            host.application = { sender, path: body[0] as string };
          }),
        },
      },
      'org.bluez.LEAdvertisingManager1': {
        properties: {},
        methods: {
          RegisterAdvertisement: take(['o', 'a{sv}'], ({ body }) => {
            host.advertisement = body[0] as string;
          }),
        },
      },
    };
    const agents: BusObject = {
      [AGENT_MANAGER]: {
        properties: {},
        methods: {
          RegisterAgent: take(['o', 's'], ({ body }) => void host.registered.push(String(body[1]))),
          RequestDefaultAgent: take(['o'], ({ body }) => void host.registered.push(String(body[0]))),
        },
      },
    };
    host.objects.add('/org/bluez', agents);
    host.objects.add(HCI, adapter);
    const disconnect = take([], () => void host.disconnected++);
    host.objects.add(CENTRAL, {
      [DEVICE]: { properties: { Connected: ['b', true] }, methods: { Disconnect: disconnect } },
    });
    await addMatch(host.bus, "type='signal',interface='org.freedesktop.DBus.Properties'");
    await host.bus.requestName('org.bluez', 4);
    return host;
  }

  /** Calls the application. */
  async call(path: string, name: string, member: string, signature = '', body: unknown[] = []): Promise<unknown> {
    const message = { destination: this.application.sender, path, interface: name, member, signature, body };
    return (await this.bus.call(new Message(message)))?.body[0];
  }

  async table(): Promise<Objects> {
    const manager = 'org.freedesktop.DBus.ObjectManager';
    return (await this.call(this.application.path, manager, 'GetManagedObjects')) as Objects;
  }

  async find(uuid: string): Promise<string> {
    const found = Object.entries(await this.table()).find(([, interfaces]) =>
      String(interfaces[CHARACTERISTIC]?.UUID?.value).startsWith(`0000${uuid.toLowerCase()}`),
    );
    return found?.[0] ?? '';
  }
}

describe.skipIf(!busIsThere())('a simulated device on a bluetoothd', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vs-bus-'));
  let daemon: PrivateBus;
  let host: Bluetoothd;
  let server: GattServer;

  beforeAll(async () => {
    daemon = await startPrivateBus(dir);
  });
  afterEach(async () => {
    await server.stop();
    host.bus.disconnect();
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(dir, { recursive: true });
  });

  async function begin(spec: object = {}, pairing?: AnswerPairing): Promise<void> {
    host = await Bluetoothd.start(daemon.address);
    const peripheral = createPeripheral({ kind: 'heart-rate', address: '00:AA:01:01:00:24', name: 'Strap', ...spec });
    const given = { busAddress: daemon.address, adapter: 'hci1', peripheral };
    server = await startGattServer({ ...given, ...(pairing && { pairing }) });
  }

  it('powers and names its adapter, and advertises', async () => {
    await begin();
    expect(host.properties).toEqual({ Powered: true, Alias: 'Strap', Pairable: true });
    expect(server.address).toBe('00:AA:01:01:00:24');
    const properties = 'org.freedesktop.DBus.Properties';
    const answer = await host.call(host.advertisement, properties, 'GetAll', 's', ['org.bluez.LEAdvertisement1']);
    const { LocalName, ServiceUUIDs } = answer as Record<string, Variant>;
    expect(LocalName?.value).toBe('Strap');
    expect(ServiceUUIDs?.value).toEqual(['0000180d-0000-1000-8000-00805f9b34fb']);
  });

  it('shows its table, is read, and notifies while subscribed', async () => {
    await begin({ rate: 50 });
    const measurement = await host.find('2A37');
    const location = await host.call(await host.find('2A38'), CHARACTERISTIC, 'ReadValue', 'a{sv}', [{}]);
    expect(location).toEqual(Buffer.from([1]));
    await host.call(measurement, CHARACTERISTIC, 'StartNotify');
    await expect.poll(() => host.values.length).toBeGreaterThan(3);
    await host.call(measurement, CHARACTERISTIC, 'StopNotify');
    const { packets } = server.sent;
    await expect.poll(() => host.values.length).toBe(packets);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(host.values).toHaveLength(packets);
  });

  it('answers its record access control point, and gives up when its central is gone', async () => {
    await begin({ kind: 'glucose-ble', records: 500 });
    const control = await host.find('2A52');
    for (const uuid of ['2A18', '2A34', '2A52']) await host.call(await host.find(uuid), CHARACTERISTIC, 'StartNotify');
    const ask = () => host.call(control, CHARACTERISTIC, 'WriteValue', 'aya{sv}', [Buffer.from('0101', 'hex'), {}]);
    await ask();
    await expect(ask()).rejects.toMatchObject({ type: 'org.bluez.Error.InProgress' });
    expect(await server.disconnectCentrals()).toBe(1);
    expect(host.disconnected).toBe(1);
    host.objects.change(CENTRAL, DEVICE, { Connected: false });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { packets } = server.sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.sent.packets).toBe(packets);
    expect(packets).toBeLessThan(500);
  });

  it('asks for protection in its flags, and pairs as its wearer does', async () => {
    const shown: number[] = [];
    const confirm = (passkey: number) => shown.push(passkey) === 1;
    await begin({ protection: 'authenticated' }, { capability: 'DisplayYesNo', confirm });
    const flags = (await host.table())[await host.find('2A37')]?.[CHARACTERISTIC]?.Flags?.value;
    expect(flags).toEqual(['notify', 'encrypt-authenticated-notify']);
    expect(host.registered[0]).toBe('DisplayYesNo');
    const agent = host.registered[1] as string;
    await host.call(agent, AGENT, 'RequestConfirmation', 'ou', [CENTRAL, 123_456]);
    await expect(host.call(agent, AGENT, 'RequestConfirmation', 'ou', [CENTRAL, 7])).rejects.toMatchObject({
      type: 'org.bluez.Error.Rejected',
    });
    expect(shown).toEqual([123_456, 7]);
  });
});
