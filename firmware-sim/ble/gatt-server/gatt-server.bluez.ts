// A simulated device on a real Bluetooth adapter: bluetoothd serves its GATT table and advertises it, so that a gateway meets
// it over the air, or over the virtual radio of a test.
import { Message, type MessageBus, Variant } from '@jellybrick/dbus-next';
import { addMatch, connectBus } from '../bus/connection.bluez.ts';
import { ADAPTER, DEVICE } from '../bus/names.ts';
import { ObjectServer } from '../bus/object-server.bluez.ts';
import type { Packet, Peripheral } from '../peripheral.ts';
import { PacketPump } from '../pump.ts';
import { type Sent, Tally } from '../tally.ts';
import { type AnswerPairing, agentObject, PAIRING_AGENT_PATH } from './agent.bluez.ts';
import {
  ADVERTISEMENT,
  ADVERTISEMENT_PATH,
  APPLICATION_PATH,
  Application,
  advertisementObject,
} from './application.bluez.ts';

export interface GattServerOptions {
  /** Where bluetoothd is: the system bus of the machine, or one of a test. */
  readonly busAddress: string;
  /** `hci1`. */
  readonly adapter: string;
  readonly peripheral: Peripheral;
  readonly onSent?: (packet: Packet) => void;
  /** Given, this process answers for the device while it pairs (as bluetoothd's default agent). */
  readonly pairing?: AnswerPairing;
  /** A virtual radio tells of an advertisement only when it begins: begin again so often (ms) while no central is connected. */
  readonly readvertiseMs?: number;
}

export interface GattServer {
  /** Address of the adapter: under which the device is found. */
  readonly address: string;
  readonly sent: Sent;
  /** Ends every link of this adapter; answers how many. */
  disconnectCentrals(): Promise<number>;
  stop(): Promise<void>;
}

const PROPERTIES = 'org.freedesktop.DBus.Properties';

/** Throws Error when there is no such bus, no bluetoothd or no such adapter. */
export async function startGattServer(options: GattServerOptions): Promise<GattServer> {
  const { peripheral, adapter, onSent = () => {} } = options;
  const bus = await connectBus(options.busAddress);
  const at = `/org/bluez/${adapter}`;
  const sent = new Tally();
  const pump = new PacketPump(peripheral, Date.now, (packet) => {
    application.notify(packet);
    sent.add(packet);
    onSent(packet);
    return true;
  });
  const server = new ObjectServer(bus, APPLICATION_PATH, (path) => path.startsWith(APPLICATION_PATH));
  const application = new Application(server, peripheral, Date.now, () => pump.arm());
  // Not of the application, so not below its ObjectManager.
  const beside = new ObjectServer(bus, '/');
  const { name } = peripheral.advertisement(Date.now());
  beside.add(ADVERTISEMENT_PATH, advertisementObject(peripheral, Date.now()));
  if (options.pairing !== undefined) beside.add(PAIRING_AGENT_PATH, agentObject(at, options.pairing));
  const set = (property: string, value: Variant) => call(bus, at, PROPERTIES, 'Set', 'ssv', [ADAPTER, property, value]);
  try {
    await set('Powered', new Variant('b', true));
    await set('Alias', new Variant('s', name));
    await set('Pairable', new Variant('b', true));
    const address = (await call(bus, at, PROPERTIES, 'Get', 'ss', [ADAPTER, 'Address'])) as Variant<string>;
    if (options.pairing !== undefined) {
      const agents = ['/org/bluez', 'org.bluez.AgentManager1'] as const;
      await call(bus, ...agents, 'RegisterAgent', 'os', [PAIRING_AGENT_PATH, options.pairing.capability]);
      await call(bus, ...agents, 'RequestDefaultAgent', 'o', [PAIRING_AGENT_PATH]);
    }
    let connected = false;
    await watchLinks(bus, at, (now) => {
      connected = now;
      if (connected) return;
      pump.stop();
      peripheral.disconnected(Date.now());
    });
    await call(bus, at, 'org.bluez.GattManager1', 'RegisterApplication', 'oa{sv}', [APPLICATION_PATH, {}]);
    await call(bus, at, 'org.bluez.LEAdvertisingManager1', 'RegisterAdvertisement', 'oa{sv}', [ADVERTISEMENT_PATH, {}]);
    // A change, though to what it was, begins the advertisement again without a moment in which there is none.
    const again = () => connected || beside.change(ADVERTISEMENT_PATH, ADVERTISEMENT, { LocalName: name });
    const timer = options.readvertiseMs === undefined ? undefined : setInterval(again, options.readvertiseMs);
    return {
      address: address.value,
      sent,
      disconnectCentrals: () => disconnectAll(bus, at),
      // bluetoothd takes everything back when the connection ends.
      stop: async () => {
        clearInterval(timer);
        pump.stop();
        peripheral.disconnected(Date.now());
        server.close();
        beside.close();
        bus.disconnect();
      },
    };
  } catch (error) {
    bus.disconnect();
    throw error;
  }
}

/** Calls `told` whenever a central of the adapter at `path` is connected, or gone. */
async function watchLinks(bus: MessageBus, path: string, told: (connected: boolean) => void): Promise<void> {
  const look = (of: string, properties: Record<string, Variant | undefined> | undefined) => {
    const connected = properties?.Connected?.value;
    if (of.startsWith(`${path}/`) && typeof connected === 'boolean') told(connected);
  };
  bus.on('message', ({ member, path: of, body }: Message) => {
    const [first, second] = body as [string, Record<string, unknown> | undefined];
    if (member === 'PropertiesChanged' && first === DEVICE) look(of, second as Parameters<typeof look>[1]);
    // A central that was never here before.
    if (member === 'InterfacesAdded') look(first, second?.[DEVICE] as Parameters<typeof look>[1]);
  });
  await addMatch(bus, `type='signal',interface='${PROPERTIES}',path_namespace='${path}'`);
  await addMatch(bus, "type='signal',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded'");
}

async function disconnectAll(bus: MessageBus, path: string): Promise<number> {
  const manager = ['/', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects'] as const;
  const objects = (await call(bus, ...manager, '', [])) as Record<string, Record<string, Record<string, Variant>>>;
  const linked = Object.entries(objects).filter(
    ([at, interfaces]) => at.startsWith(`${path}/`) && interfaces[DEVICE]?.Connected?.value === true,
  );
  await Promise.all(linked.map(([at]) => call(bus, at, DEVICE, 'Disconnect', '', [])));
  return linked.length;
}

async function call(bus: MessageBus, path: string, name: string, member: string, signature: string, body: unknown[]) {
  const message = new Message({ destination: 'org.bluez', path, interface: name, member, signature, body });
  return (await bus.call(message))?.body[0];
}
