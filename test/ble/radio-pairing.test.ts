// Pairing through our own agent: every method, who may answer, and what refuses.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Message, type MessageBus, sessionBus } from '@jellybrick/dbus-next';
import type { FakeDeviceSpec } from '@vitalseal/firmware-sim';
import type { PairingDialogue, PairingQuestion } from '@vitalseal/gateway';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../site/until.ts';
import { busIsThere, RadioSite, STRAP } from './radio-site.ts';

describe.skipIf(!busIsThere())('pairing by the radio over BlueZ', () => {
  let site: RadioSite;
  let asked: PairingQuestion[] = [];
  afterEach(() => site.stop());

  const code = (expected: string) => expect.objectContaining({ code: expected });

  async function found(spec: Partial<FakeDeviceSpec>, agentMs = 60_000): Promise<void> {
    asked = [];
    const strap: FakeDeviceSpec = { kind: 'heart-rate', address: STRAP, seed: 1, rate: 20, ...spec };
    site = await RadioSite.start({ peripherals: [strap], limits: { agentMs } });
    await site.find();
  }

  function answering(answer: boolean | string | null | Promise<never>): PairingDialogue {
    return async (question) => {
      asked.push(question);
      return answer;
    };
  }

  it('Just Works needs nobody', async () => {
    await found({ pairing: 'just-works' });
    await site.radio.pair(STRAP, null);
    expect(site.bluez.isPaired(STRAP)).toBe(true);
    await until('it to be known as paired', () => site.radio.sightings()[0]?.paired);
    await site.radio.pair(STRAP, null);
  });

  it.each([
    ['numeric-comparison', { kind: 'confirm', passkey: '001234' }, true],
    ['passkey-entry', { kind: 'enter-passkey' }, '1234'],
    ['passkey-display', { kind: 'show-passkey', passkey: '001234' }, null],
    ['pin', { kind: 'enter-pin' }, '1234'],
  ] as const)('%s asks the person', async (pairing, question, answer) => {
    await found({ pairing, passkey: 1234 });
    await site.radio.pair(STRAP, answering(answer));
    expect(asked).toEqual([question]);
    expect(site.bluez.isPaired(STRAP)).toBe(true);
  });

  it.each([
    ['numeric-comparison', false],
    ['numeric-comparison', null],
    ['numeric-comparison', 'yes'],
    ['passkey-entry', '999999'],
    ['passkey-entry', 'no digits'],
    ['passkey-entry', null],
    ['pin', ''],
  ] as const)('%s answered %j fails', async (pairing, answer) => {
    await found({ pairing, passkey: 1234 });
    await expect(site.radio.pair(STRAP, answering(answer))).rejects.toThrow(code('pairing_failed'));
    expect(site.bluez.isPaired(STRAP)).toBe(false);
    await site.radio.pair(STRAP, answering(pairing === 'numeric-comparison' ? true : '1234'));
  });

  it('a dialogue that breaks is a no', async () => {
    await found({ pairing: 'numeric-comparison' });
    const broken = async () => Promise.reject(new Error('the terminal is gone'));
    await expect(site.radio.pair(STRAP, broken)).rejects.toThrow(code('pairing_failed'));
  });

  it('without a person, what asks more than Just Works is refused', async () => {
    await found({ pairing: 'numeric-comparison' });
    await expect(site.radio.pair(STRAP, null)).rejects.toThrow(code('pairing_needed'));
    expect(site.bluez.isPaired(STRAP)).toBe(false);
  });

  it('a question that nobody answers ends with the host’s patience', async () => {
    await found({ pairing: 'numeric-comparison' }, 100);
    await expect(site.radio.pair(STRAP, answering(new Promise(() => {})))).rejects.toThrow(code('pairing_failed'));
  });

  it('a device that never answers ends with ours', async () => {
    await found({ pairing: 'just-works' });
    site.bluez.hangNext('Pair');
    await expect(site.radio.pair(STRAP, null)).rejects.toThrow(code('radio_timeout'));
    await site.radio.pair(STRAP, null);
  });

  it('a link that drops meanwhile ends it at once, and the question with it', async () => {
    await found({ pairing: 'numeric-comparison' });
    const rejected = expect(site.radio.pair(STRAP, answering(new Promise(() => {})))).rejects.toThrow(
      code('device_gone'),
    );
    await until('the question', () => asked.length === 1);
    site.bluez.drop(STRAP);
    await rejected;
    await site.radio.pair(STRAP, answering(true));
  });

  it('one pairing at a time', async () => {
    await found({ pairing: 'numeric-comparison' });
    let say: (answer: boolean) => void = () => {};
    const first = site.radio.pair(STRAP, () => new Promise<boolean>((resolve) => (say = resolve)));
    await until('the question', () => site.bluez.isConnected(STRAP));
    await expect(site.radio.pair(STRAP, null)).rejects.toThrow(code('pairing_busy'));
    await until('the question', () => {
      say(true);
      return site.bluez.isPaired(STRAP);
    });
    await first;
  });

  it.each([
    ['connecting', { connectMs: 200 }],
    ['resolving', { resolveMs: 200 }],
  ])('a link that is given up while %s leaves the pairing after it alone', async (phase, limits) => {
    const strap = { kind: 'heart-rate', address: STRAP, seed: 1, rate: 20, pairing: 'numeric-comparison' } as const;
    site = await RadioSite.start({ peripherals: [strap], limits });
    await site.find();
    const given = expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    if (phase === 'resolving') await until('the link', () => site.bluez.isConnected(STRAP));
    else await sleep(50);
    await site.radio.disconnect(STRAP);
    await site.radio.pair(STRAP, () => sleep(300, true));
    await given;
    expect(site.bluez.isPaired(STRAP)).toBe(true);
  });

  it('BlueZ pairs by Just Works by itself when a value is protected', async () => {
    await found({ pairing: 'just-works', protection: 'encrypted' });
    await site.radio.subscribe(STRAP, await site.connect());
    await site.happens('value');
    expect(site.bluez.isPaired(STRAP)).toBe(true);
    expect(site.bluez.questions).toBe(1);
    // Not heard any more, being connected: the radio says it all the same.
    await until('the news of it', () =>
      site.events.some((event) => event.kind === 'sighting' && event.sighting.connected && event.sighting.paired),
    );
  });

  it('Just Works of a device that has no link of ours is refused: another program connected it', async () => {
    await found({ pairing: 'just-works', protection: 'encrypted' });
    const other = sessionBus({ busAddress: site.daemon.address });
    await once(other, 'connect');
    const device = `/org/bluez/hci0/dev_${STRAP.replaceAll(':', '_')}`;
    const call = (path: string, of: string, member: string, signature = '', body: unknown[] = []) =>
      other.call(new Message({ destination: 'org.bluez', path, interface: of, member, signature, body }));
    await call(device, 'org.bluez.Device1', 'Connect');
    const value = await until('its values', () =>
      site.radio.sightings().some(({ connected }) => connected) ? protectedValue(call, device) : null,
    );
    void call(value, 'org.bluez.GattCharacteristic1', 'StartNotify').catch(() => {});
    await until('the question', () => site.bluez.questions === 1);
    await call(device, 'org.bluez.Device1', 'Disconnect');
    expect(site.bluez.isPaired(STRAP)).toBe(false);
    other.disconnect();
  });

  it('a device that asks for it when it is connected, and hangs up when nobody is there, says so, and asks once', async () => {
    await found({ pairing: 'numeric-comparison', asksSecurity: 'insists' });
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('pairing_needed'));
    const { questions } = site.bluez;
    await expect(site.radio.pair(STRAP, null)).rejects.toThrow(code('pairing_needed'));
    expect(site.bluez.questions).toBe(questions);
    await site.radio.pair(STRAP, answering(true));
    await site.radio.connect(STRAP);
  });

  it('a device that asks for it, and makes do without, is read without', async () => {
    await found({ pairing: 'numeric-comparison', asksSecurity: 'makes-do' });
    const handle = await site.connect();
    await site.radio.subscribe(STRAP, handle);
    expect(site.bluez.questions).toBe(1);
    await site.happens('value');
  });

  it('a person who is wanted and not there is told of at once, though BlueZ leaves the call open; and is not wanted twice', async () => {
    const strap = { kind: 'heart-rate', address: STRAP, seed: 1, rate: 20, pairing: 'numeric-comparison' } as const;
    const patient = { timeouts: { gattMs: 3_600_000 } };
    site = await RadioSite.start({ peripherals: [{ ...strap, protection: 'authenticated' }] }, patient);
    await site.find();
    const handle = await site.connect();
    await expect(site.radio.subscribe(STRAP, handle)).rejects.toThrow(code('pairing_needed'));
    const questions = site.bluez.questions;
    await expect(site.radio.pair(STRAP, null)).rejects.toThrow(code('pairing_needed'));
    expect([site.bluez.questions, questions]).toEqual([1, 1]);
    expect(site.bluez.isPaired(STRAP)).toBe(false);
    await site.radio.disconnect(STRAP);
    await site.radio.pair(STRAP, answering(true));
    await site.radio.subscribe(STRAP, await site.connect());
    await site.happens('value');
  });

  it('a device that was reset and knows nothing of its bond is told from one that is out of reach', async () => {
    await found({ pairing: 'just-works' });
    await site.radio.pair(STRAP, null);
    await site.radio.connect(STRAP);
    site.bluez.loseKey(STRAP);
    await site.happens('disconnected');
    // Once or twice may be interference.
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    // A link that did not come about says nothing of a key.
    site.bluez.vanish(STRAP);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    site.bluez.appear(STRAP);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('pairing_needed'));
    expect(site.bluez.isConnected(STRAP)).toBe(false);
    site.bluez.vanish(STRAP);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    site.bluez.appear(STRAP);
    await site.radio.forget(STRAP);
    await site.find();
    await site.radio.pair(STRAP, null);
    await site.radio.connect(STRAP);
  });

  it('while one device is paired, another one and another program are refused all the same', async () => {
    const other = 'C0:26:DA:00:00:02';
    const usual = { kind: 'heart-rate', seed: 1, rate: 20 } as const;
    const authenticated = { protection: 'authenticated', pairing: 'numeric-comparison' } as const;
    const eager: FakeDeviceSpec = { ...usual, address: other, ...authenticated };
    const strap: FakeDeviceSpec = { ...usual, address: STRAP, pairing: 'numeric-comparison' };
    asked = [];
    site = await RadioSite.start({ peripherals: [strap, eager] });
    await site.find(other);
    await site.find(STRAP);
    const handle = await site.connect(other);
    let say: (answer: boolean) => void = () => {};
    const pairing = site.radio.pair(STRAP, (question) => {
      asked.push(question);
      return new Promise<boolean>((resolve) => (say = resolve));
    });
    await until('the question', () => asked.length === 1);
    await expect(site.radio.subscribe(other, handle)).rejects.toThrow(code('pairing_needed'));

    const liar = sessionBus({ busAddress: site.daemon.address });
    await once(liar, 'connect');
    for (const name of await namesOn(liar)) {
      const agent = { destination: name, path: '/org/vitalseal/agent', interface: 'org.bluez.Agent1' };
      const body = [`/org/bluez/hci0/dev_${STRAP.replaceAll(':', '_')}`];
      const asking = liar.call(new Message({ ...agent, member: 'RequestAuthorization', signature: 'o', body }));
      await expect(asking).rejects.toThrow();
    }
    liar.disconnect();
    expect(asked).toHaveLength(1);
    say(true);
    await pairing;
    expect([site.bluez.isPaired(STRAP), site.bluez.isPaired(other)]).toEqual([true, false]);
  });

  it('the bluetoothd that dies in the middle of it', async () => {
    await found({ pairing: 'numeric-comparison' });
    const rejected = expect(site.radio.pair(STRAP, answering(new Promise(() => {})))).rejects.toThrow(
      code('radio_unavailable'),
    );
    await until('the question', () => asked.length === 1);
    await site.bluez.stop();
    await rejected;
  });

  it('an address that is resolved by pairing is told, and the link goes on under it', async () => {
    const identity = 'D0:00:00:00:00:07';
    await found({ pairing: 'just-works', identity });
    const handle = await site.connect();
    await site.radio.subscribe(STRAP, handle);
    await site.radio.pair(STRAP, null);
    await site.happens('identity');
    expect(site.events.find(({ kind }) => kind === 'identity')).toEqual({
      kind: 'identity',
      from: STRAP,
      address: identity,
    });
    await until('a value under the identity', () =>
      site.events.some((event) => event.kind === 'value' && event.address === identity),
    );
    await site.radio.subscribe(identity, handle);
    site.bluez.drop(STRAP);
    await site.happens('disconnected');
    expect(site.events.find(({ kind }) => kind === 'disconnected')).toMatchObject({ address: identity });
  });
});

/** The path of its heart rate, once the host knows that. */
async function protectedValue(
  call: (path: string, of: string, member: string) => Promise<Message | null>,
  device: string,
) {
  const answer = await call('/', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects');
  const objects = answer?.body[0] as Record<string, Record<string, { UUID?: { value: string } }>>;
  const is2A37 = (path: string) =>
    objects[path]?.['org.bluez.GattCharacteristic1']?.UUID?.value.startsWith('00002a37') === true;
  return Object.keys(objects).find((path) => path.startsWith(device) && is2A37(path)) ?? null;
}

/** Everybody else on the bus. */
async function namesOn(client: MessageBus): Promise<string[]> {
  const bus = 'org.freedesktop.DBus';
  const call = { destination: bus, path: '/org/freedesktop/DBus', interface: bus, member: 'ListNames' };
  const names = (await client.call(new Message(call)))?.body[0] as string[];
  return names.filter((name) => name.startsWith(':') && name !== client.name);
}
