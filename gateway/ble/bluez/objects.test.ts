import { describe, expect, it } from 'vitest';
import { sightingOf } from './device.ts';
import { ADAPTER, CHARACTERISTIC, DEVICE, HostObjects, SERVICE } from './objects.ts';

const HCI = '/org/bluez/hci0';
const ADDRESS = 'C0:26:DA:01:02:03';
const PATH = pathOf(ADDRESS);
const HEART_RATE = '0000180d-0000-1000-8000-00805f9b34fb';
const MEASUREMENT = '00002a37-0000-1000-8000-00805f9b34fb';

function pathOf(address: string): string {
  return `${HCI}/dev_${address.replaceAll(':', '_')}`;
}

function withStrap(more: object = {}): HostObjects {
  const objects = new HostObjects(HCI);
  objects.added(PATH, { [DEVICE]: { Address: ADDRESS, AddressType: 'random', ...more } }, true);
  return objects;
}

const kinds = (changes: readonly { kind: string }[]) => changes.map(({ kind }) => kind);

describe('the objects of BlueZ', () => {
  it('the adapter comes, changes and goes', () => {
    const objects = new HostObjects(HCI);
    expect(objects.adapter).toBeNull();
    expect(kinds(objects.added(HCI, { [ADAPTER]: { Powered: true, Discovering: false } }))).toEqual(['adapter']);
    expect(objects.changed(HCI, ADAPTER, { Pairable: true }, [])).toEqual([]);
    expect(kinds(objects.changed(HCI, ADAPTER, { Discovering: true }, []))).toEqual(['adapter']);
    expect(objects.adapter).toEqual({ powered: true, discovering: true });
    expect(kinds(objects.removed(HCI, [ADAPTER]))).toEqual(['adapter']);
    expect(objects.adapter).toBeNull();
  });

  it('says which adapters there are, ours or not', () => {
    const objects = new HostObjects(HCI);
    for (const path of ['/org/bluez/hci2', '/org/bluez/hci1', '/org/bluez/x', '/org/bluez/hci1/dev'])
      expect(objects.added(path, { [ADAPTER]: { Powered: true } })).toEqual([]);
    expect([objects.adapter, objects.adapters]).toEqual([null, ['hci1', 'hci2']]);
    objects.added(HCI, { [ADAPTER]: {} });
    expect(objects.removed('/org/bluez/hci1', [ADAPTER])).toEqual([]);
    objects.removed('/org/bluez/hci2', ['org.bluez.GattManager1']);
    expect(objects.adapters).toEqual(['hci0', 'hci2']);
    for (let n = 0; n < 200; n++) objects.added(`/org/bluez/hci${n}`, { [ADAPTER]: {} });
    expect(objects.adapters).toHaveLength(16);
  });

  it('another adapter and its devices are not ours', () => {
    const objects = new HostObjects(HCI);
    expect(objects.added('/org/bluez/hci1', { [ADAPTER]: { Powered: true } })).toEqual([]);
    expect(
      objects.added(`/org/bluez/hci1/dev_C0_26_DA_01_02_03`, { [DEVICE]: { Address: ADDRESS, RSSI: -1 } }),
    ).toEqual([]);
    expect(objects.added(`${HCI}0/dev_C0_26_DA_01_02_03`, { [DEVICE]: { Address: ADDRESS, RSSI: -1 } })).toEqual([]);
    expect([...objects.devices()]).toEqual([]);
  });

  it('what is remembered was not heard; what is added with a signal strength was', () => {
    const objects = withStrap({ RSSI: -60 });
    expect(objects.deviceAt(ADDRESS)).toMatchObject({ rssi: -60 });
    const heard = objects.added(pathOf('C0:26:DA:01:02:04'), { [DEVICE]: { Address: 'C0:26:DA:01:02:04', RSSI: -70 } });
    expect(heard).toMatchObject([{ kind: 'heard', fresh: true, device: { address: 'C0:26:DA:01:02:04' } }]);
    expect(objects.added(pathOf('C0:26:DA:01:02:05'), { [DEVICE]: { Address: 'C0:26:DA:01:02:05' } })).toEqual([]);
  });

  it('an advertisement that says the same is heard, one that says other bytes is fresh', () => {
    const objects = withStrap();
    const data = { ManufacturerData: { '65535': Uint8Array.of(1, 2) } };
    expect(objects.changed(PATH, DEVICE, { RSSI: -60, ...data }, [])).toMatchObject([{ kind: 'heard', fresh: true }]);
    expect(objects.changed(PATH, DEVICE, { RSSI: -61, ...data }, [])).toMatchObject([{ kind: 'heard', fresh: false }]);
    data.ManufacturerData['65535'][1] = 3;
    expect(objects.changed(PATH, DEVICE, data, [])).toMatchObject([{ kind: 'heard', fresh: true }]);
    expect(objects.changed(PATH, DEVICE, { Alias: 'x' }, ['RSSI'])).toEqual([]);
    expect(objects.deviceAt(ADDRESS)?.rssi).toBeNull();
  });

  it('the link comes, is resolved and goes', () => {
    const objects = withStrap();
    const steps = [{ Connected: true }, { ServicesResolved: true }, { ServicesResolved: false, Connected: false }];
    for (const step of steps) expect(kinds(objects.changed(PATH, DEVICE, step, []))).toEqual(['link']);
    expect(objects.changed(PATH, DEVICE, { Connected: false }, [])).toEqual([]);
  });

  it('an address that is resolved is told, and both lead to the device', () => {
    const objects = withStrap();
    const changes = objects.changed(PATH, DEVICE, { Address: 'D0:00:00:00:00:01', AddressType: 'public' }, []);
    expect(changes).toEqual([{ kind: 'identity', from: ADDRESS, address: 'D0:00:00:00:00:01' }]);
    expect(objects.deviceAt('D0:00:00:00:00:01')?.path).toBe(PATH);
    expect(objects.deviceAt(ADDRESS)?.path).toBe(PATH);
  });

  it('lists characteristics with their services; those of one UUID are kept apart', () => {
    const objects = withStrap();
    const service = `${PATH}/service0010`;
    objects.added(service, { [SERVICE]: { UUID: HEART_RATE } });
    for (const handle of ['0014', '0011']) {
      const properties = { UUID: MEASUREMENT, Service: service, Flags: ['notify', 'read'] };
      objects.added(`${service}/char${handle}`, { [CHARACTERISTIC]: properties });
    }
    objects.added(`${service}/char0020`, { [CHARACTERISTIC]: { UUID: MEASUREMENT, Service: '/elsewhere', Flags: 7 } });
    const entry = { service: '180D', uuid: '2A37', canRead: true, canWrite: false, canSubscribe: true };
    expect(objects.characteristics(PATH)).toEqual([
      { handle: `${service}/char0011`, ...entry },
      { handle: `${service}/char0014`, ...entry },
    ]);
    objects.removed(`${service}/char0011`, [CHARACTERISTIC]);
    expect(objects.characteristics(PATH)).toHaveLength(1);
    expect(kinds(objects.removed(PATH, [DEVICE]))).toEqual(['gone']);
    expect(objects.characteristics(PATH)).toEqual([]);
  });

  it('hands on each value, also an equal one, in bytes of its own', () => {
    const objects = withStrap();
    const message = Uint8Array.of(9, 9, 1, 2, 9);
    const at = `${PATH}/service0010/char0011`;
    const [change] = objects.changed(at, CHARACTERISTIC, { Value: message.subarray(2, 4) }, []);
    expect(change).toMatchObject({ kind: 'value', handle: at, bytes: Uint8Array.of(1, 2) });
    expect(change?.kind === 'value' && change.bytes.buffer.byteLength).toBe(2);
    expect(kinds(objects.changed(at, CHARACTERISTIC, { Value: message.subarray(2, 4) }, []))).toEqual(['value']);
    expect(objects.changed(at, CHARACTERISTIC, { Notifying: true }, [])).toEqual([]);
    const [long] = objects.changed(at, CHARACTERISTIC, { Value: new Uint8Array(10_000) }, []);
    expect(long?.kind === 'value' && long.bytes.length).toBe(512);
  });

  it('keeps a bounded crowd; who is paired or connected stays, whoever comes', () => {
    const objects = new HostObjects(HCI, 10);
    const crowd = Array.from({ length: 1000 }, (_, i) => `C0:26:DA:FF:${hex(i >> 8)}:${hex(i & 255)}`);
    objects.added(PATH, { [DEVICE]: { Address: ADDRESS, Paired: true } }, true);
    for (const address of crowd) objects.added(pathOf(address), { [DEVICE]: { Address: address, RSSI: -50 } });
    expect([...objects.devices()]).toHaveLength(10);
    expect(objects.deviceAt(ADDRESS)).not.toBeNull();
    expect(objects.deviceAt(crowd.at(-1) ?? '')).not.toBeNull();
    // Of one that had to go, and is heard again, everything has to be asked.
    expect(objects.changed(pathOf(crowd[0] ?? ''), DEVICE, { RSSI: -40 }, [])).toEqual([
      { kind: 'unknown', path: pathOf(crowd[0] ?? '') },
    ]);
  });

  it('keeps a bounded table of a device', () => {
    const objects = withStrap();
    for (let i = 0; i < 2000; i++) {
      objects.added(`${PATH}/service0010/char${i}`, {
        [CHARACTERISTIC]: { UUID: MEASUREMENT, Service: `${PATH}/service0010` },
      });
    }
    objects.removed(`${PATH}/service0010/char0`, [CHARACTERISTIC]);
    objects.added(`${PATH}/service0010`, { [SERVICE]: { UUID: HEART_RATE } });
    expect(objects.characteristics(PATH)).toHaveLength(511);
  });

  it('hostile properties are as good as absent', () => {
    const objects = new HostObjects(HCI);
    for (const Address of [undefined, 7, '', 'C0:26:DA:01:02', ADDRESS.toLowerCase()]) {
      expect(objects.added(PATH, { [DEVICE]: { Address, RSSI: -1 } })).toEqual([]);
    }
    const uuid = (i: number) => `0000${i.toString(16).padStart(4, '0')}-0000-1000-8000-00805f9b34fb`;
    const many = Array.from({ length: 500 }, (_, i) => uuid(i));
    objects.added(PATH, {
      [DEVICE]: {
        ...{ Address: ADDRESS, AddressType: 'martian', RSSI: 'loud', Paired: 1, Connected: 'yes' },
        Name: `a\u0000b\u202ec${'x'.repeat(10_000)}`,
        UUIDs: [...many, 'no uuid', 5],
        ServiceData: Object.fromEntries(many.map((key) => [key, new Uint8Array(2000)])),
        ManufacturerData: { '-1': Uint8Array.of(1), '65536': Uint8Array.of(1), '12': 'text', '77': Uint8Array.of(7) },
      },
    });
    const device = objects.deviceAt(ADDRESS);
    expect(device).toMatchObject({ addressType: 'public', rssi: null, paired: false, connected: false });
    expect(device?.name).toMatch(/^a\ufffdb\ufffdcx{243}$/);
    expect(device?.services).toHaveLength(32);
    expect(device?.serviceData.size).toBe(8);
    expect(device?.serviceData.get('0000')).toHaveLength(256);
    expect([...(device?.manufacturerData ?? [])]).toEqual([[77, Uint8Array.of(7)]]);
  });

  it('a sighting tells nothing of BlueZ', () => {
    const device = withStrap().deviceAt(ADDRESS);
    expect(device && Object.keys(sightingOf(device)).sort()).toEqual(
      [
        'address',
        'addressType',
        'connected',
        'manufacturerData',
        'name',
        'paired',
        'rssi',
        'serviceData',
        'services',
      ].sort(),
    );
  });
});

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
