// A BlueZ client of raw D-Bus calls, for the tests of the fake: it shares no code with the gateway's.
import { Message, type MessageBus, Variant } from '@jellybrick/dbus-next';
import { connectBus } from '../bus/connection.bluez.ts';
import { busProgram } from '../bus/private-bus.fs.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const ADAPTER = '/org/bluez/hci0';
type Objects = Record<string, Record<string, Record<string, Variant>>>;

/** Missing: skipped with a printed reason; with CI=true, a failure. */
export function busIsThere(): boolean {
  if (busProgram() !== null) return true;
  if (process.env.CI === 'true') throw new Error('dbus-daemon is missing: install dbus');
  console.warn('skipped: dbus-daemon is missing (install dbus)');
  return false;
}

export class Client {
  readonly bus: MessageBus;
  /** Signals since the beginning. */
  readonly heard: Message[] = [];

  private constructor(bus: MessageBus) {
    this.bus = bus;
    bus.on('message', (message: Message) => this.heard.push(message));
  }

  static async open(busAddress: string): Promise<Client> {
    const client = new Client(await connectBus(busAddress));
    await client.call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch', 's', ["type='signal'"]);
    return client;
  }

  close(): void {
    this.bus.disconnect();
  }

  async call(path: string, name: string, member: string, signature = '', body: unknown[] = []): Promise<unknown> {
    const destination = name === 'org.freedesktop.DBus' ? name : 'org.bluez';
    return (await this.bus.call(new Message({ destination, path, interface: name, member, signature, body })))?.body[0];
  }

  adapter(member: string): Promise<unknown> {
    return this.call(ADAPTER, 'org.bluez.Adapter1', member);
  }

  async power(on: boolean): Promise<void> {
    const value = ['org.bluez.Adapter1', 'Powered', new Variant('b', on)];
    await this.call(ADAPTER, PROPERTIES, 'Set', 'ssv', value);
  }

  device(address: string, member: string): Promise<unknown> {
    return this.call(pathOf(address), 'org.bluez.Device1', member);
  }

  async get(path: string, name: string, property: string): Promise<unknown> {
    return ((await this.call(path, PROPERTIES, 'Get', 'ss', [name, property])) as Variant).value;
  }

  /** A property of Device1; undefined where there is none. */
  async of(address: string, property: string): Promise<unknown> {
    return (await this.objects())[pathOf(address)]?.['org.bluez.Device1']?.[property]?.value;
  }

  async objects(): Promise<Objects> {
    return (await this.call('/', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')) as Objects;
  }

  /** Path of a characteristic of a device, by its shortened UUID. */
  async find(address: string, uuid: string): Promise<string> {
    const found = Object.entries(await this.objects()).find(
      ([path, interfaces]) =>
        path.startsWith(pathOf(address)) &&
        String(interfaces['org.bluez.GattCharacteristic1']?.UUID?.value).startsWith(`0000${uuid.toLowerCase()}`),
    );
    return found?.[0] ?? '';
  }

  async read(address: string, uuid: string): Promise<Buffer> {
    const path = await this.find(address, uuid);
    return (await this.call(path, 'org.bluez.GattCharacteristic1', 'ReadValue', 'a{sv}', [{}])) as Buffer;
  }

  async write(address: string, uuid: string, hex: string): Promise<void> {
    const path = await this.find(address, uuid);
    await this.call(path, 'org.bluez.GattCharacteristic1', 'WriteValue', 'aya{sv}', [Buffer.from(hex, 'hex'), {}]);
  }

  /** Answers the path. */
  async subscribe(address: string, uuid: string): Promise<string> {
    const path = await this.find(address, uuid);
    await this.call(path, 'org.bluez.GattCharacteristic1', 'StartNotify');
    return path;
  }

  /** Values at `path` that came as signals, in hex. */
  values(path: string): string[] {
    return this.heard.flatMap(({ path: at, member, body }) => {
      const { Value } = (member === 'PropertiesChanged' && at === path ? body[1] : {}) as Record<string, Variant>;
      return Value === undefined ? [] : [Buffer.from(Value.value as Buffer).toString('hex')];
    });
  }

  /** Registers as an agent that answers each question as `answers` says; a missing answer refuses. */
  async agent(capability: string, answers: Record<string, readonly [signature: string, body: unknown[]]>) {
    const asked: [question: string, ...unknown[]][] = [];
    this.bus.addMethodHandler((message: Message) => {
      if (message.interface !== 'org.bluez.Agent1') return false;
      asked.push([message.member, ...message.body.slice(1)]);
      const answer = answers[message.member];
      if (answer === undefined) this.bus.send(Message.newError(message, 'org.bluez.Error.Rejected', 'Rejected'));
      else this.bus.send(Message.newMethodReturn(message, ...(answer as [string, unknown[]])));
      return true;
    });
    const manager = ['/org/bluez', 'org.bluez.AgentManager1'] as const;
    await this.call(...manager, 'RegisterAgent', 'os', ['/agent', capability]);
    await this.call(...manager, 'RequestDefaultAgent', 'o', ['/agent']);
    return asked;
  }
}

export function pathOf(address: string): string {
  return `${ADAPTER}/dev_${address.replaceAll(':', '_')}`;
}
