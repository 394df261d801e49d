// Strangers: crowds of advertisers, other programs on the bus that lie, a host that hangs, and a bus that dies in a word.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Message, type MessageBus, MessageType, sessionBus, Variant } from '@jellybrick/dbus-next';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../site/until.ts';
import { busIsThere, RadioSite, STRAP } from './radio-site.ts';

const HCI = '/org/bluez/hci0';
const DEVICE = 'org.bluez.Device1';

describe.skipIf(!busIsThere())('strangers to the radio over BlueZ', () => {
  let site: RadioSite;
  const close: (() => unknown)[] = [];
  afterEach(async () => {
    await site.stop();
    for (const end of close.splice(0)) await end();
  });

  async function onBus(): Promise<MessageBus> {
    const client = sessionBus({ busAddress: site.daemon.address });
    close.push(() => client.disconnect());
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    return client;
  }

  /** A host that exports an adapter and what `answer` says; null: no answer. */
  async function host(answer: (call: Message) => Message | null = () => null): Promise<MessageBus> {
    const client = await onBus();
    client.addMethodHandler((call: Message) => {
      const objects = { [HCI]: { 'org.bluez.Adapter1': { Powered: new Variant('b', true) } } };
      const reply =
        call.member === 'GetManagedObjects'
          ? Message.newMethodReturn(call, 'a{oa{sa{sv}}}', [objects])
          : (answer(call) ?? null);
      if (reply !== null) client.send(reply);
      return true;
    });
    await client.requestName('org.bluez');
    return client;
  }

  it('a host that hangs is down, and up again when it answers', async () => {
    site = await RadioSite.start(null, null);
    let hangs = false;
    await host((call) => (hangs ? null : Message.newMethodReturn(call)));
    await site.startRadio();
    await site.happens('up');
    hangs = true;
    await site.happens('down');
    hangs = false;
    await site.happens('up', 2);
  });

  it('an adapter that is pulled out is down, and up again when it is put back', async () => {
    site = await RadioSite.start(null, null);
    const bluez = await host((call) => Message.newMethodReturn(call));
    await site.startRadio();
    await site.happens('up');
    const manager = 'org.freedesktop.DBus.ObjectManager';
    bluez.send(Message.newSignal('/', manager, 'InterfacesRemoved', 'oas', [HCI, ['org.bluez.Adapter1']]));
    await site.happens('down');
    const adapter = { 'org.bluez.Adapter1': { Powered: new Variant('b', true) } };
    bluez.send(Message.newSignal('/', manager, 'InterfacesAdded', 'oa{sa{sv}}', [HCI, adapter]));
    await site.happens('up', 2);
  });

  it('a crowd of random addresses costs bounded memory, and a device among them is heard', {
    timeout: 60_000,
  }, async () => {
    site = await RadioSite.start(null, null);
    const bluez = await host((call) => Message.newMethodReturn(call));
    await site.startRadio();
    await site.happens('up');
    const CROWD = 5000;
    for (let i = 0; i < CROWD; i++) {
      const address = `C0:26:DA:FF:${hex(i >> 8)}:${hex(i & 255)}`;
      const properties = {
        Address: new Variant('s', address),
        RSSI: new Variant('n', -60),
        ManufacturerData: new Variant('a{qv}', { 76: new Variant('ay', Buffer.alloc(200, i)) }),
      };
      const path = `${HCI}/dev_${address.replaceAll(':', '_')}`;
      bluez.send(
        Message.newSignal('/', 'org.freedesktop.DBus.ObjectManager', 'InterfacesAdded', 'oa{sa{sv}}', [
          path,
          { [DEVICE]: properties },
        ]),
      );
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await site.happens('sighting', CROWD);
    expect(site.radio.sightings()).toHaveLength(1024);
  });

  it('other programs cannot speak for BlueZ, nor ask our agent', async () => {
    site = await RadioSite.start();
    await site.find();
    const handle = await site.connect();
    await site.radio.subscribe(STRAP, handle);
    const liar = await onBus();
    const names = (await liar.call(busCall('ListNames')))?.body[0] as string[];
    const lie = (destination: string) => {
      const changed = ['org.bluez.GattCharacteristic1', { Value: new Variant('ay', Buffer.from('lie')) }, []];
      const at = { type: MessageType.SIGNAL, path: handle, interface: 'org.freedesktop.DBus.Properties' };
      liar.send(new Message({ ...at, destination, member: 'PropertiesChanged', signature: 'sa{sv}as', body: changed }));
      const owner = { type: MessageType.SIGNAL, path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
      const body = ['org.bluez', '', liar.name];
      liar.send(new Message({ ...owner, destination, member: 'NameOwnerChanged', signature: 'sss', body }));
    };
    for (const name of names.filter((one) => one.startsWith(':') && one !== liar.name)) {
      lie(name);
      const ask = { destination: name, path: '/org/vitalseal/agent', interface: 'org.bluez.Agent1' };
      const body = [`${HCI}/dev_${STRAP.replaceAll(':', '_')}`];
      const answer = liar.call(new Message({ ...ask, member: 'RequestAuthorization', signature: 'o', body }));
      await expect(answer).rejects.toThrow();
    }
    await site.happens('value', 3);
    expect(site.count('down')).toBe(0);
    const values = site.events.filter((event) => event.kind === 'value');
    expect(values.some(({ bytes }) => Buffer.from(bytes).equals(Buffer.from('lie')))).toBe(false);
  });

  it('a bus that dies in the middle of a message is a bus that died', async () => {
    site = await RadioSite.start({}, null);
    const proxy = await cuttingProxy(join(site.dir, 'bus'), join(site.dir, 'proxy'));
    close.push(() => proxy.server.close());
    await site.startRadio({ busAddress: `unix:path=${join(site.dir, 'proxy')}` });
    await site.find();
    await site.radio.subscribe(STRAP, await site.connect());
    for (let keep = 1; keep <= 40; keep += 13) {
      const ups = site.count('up');
      await until('a connection', () => proxy.cut(keep));
      await site.happens('up', ups + 1);
    }
    expect(site.count('down')).toBe(site.count('up') - 1);
  });
});

/** Lets all pass to the bus at `to`; `cut` ends the connection after so many more bytes of the bus. */
async function cuttingProxy(to: string, at: string): Promise<{ server: Server; cut(keep: number): boolean }> {
  let cutting: ((keep: number) => void) | null = null;
  const server = createServer((client: Socket) => {
    const bus = connect(to);
    let left = Number.POSITIVE_INFINITY;
    for (const socket of [client, bus]) socket.on('error', () => {});
    client.pipe(bus);
    bus.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      client.end();
      bus.destroy();
    });
    cutting = (keep) => {
      left = keep;
    };
  });
  server.listen(at);
  await once(server, 'listening');
  return {
    server,
    cut: (keep) => {
      const cut = cutting;
      cutting = null;
      cut?.(keep);
      return cut !== null;
    },
  };
}

function busCall(member: string): Message {
  const name = 'org.freedesktop.DBus';
  return new Message({ destination: name, path: '/org/freedesktop/DBus', interface: name, member });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
