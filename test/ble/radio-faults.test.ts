// What each call of the radio says when its device or BlueZ fails it, in each phase of a link.
import { afterEach, describe, expect, it } from 'vitest';
import { busIsThere, RadioSite, STRAP } from './radio-site.ts';

const FAILED = 'org.bluez.Error.Failed';

describe.skipIf(!busIsThere())('a device that fails the radio over BlueZ', () => {
  let site: RadioSite;
  afterEach(() => site.stop());

  async function found(): Promise<void> {
    site = await RadioSite.start();
    await site.find();
  }
  const code = (expected: string) => expect.objectContaining({ code: expected });

  it('an unknown device is out of reach', async () => {
    site = await RadioSite.start();
    await site.happens('up');
    await expect(site.radio.connect('00:11:22:33:44:55')).rejects.toThrow(code('device_gone'));
    await site.radio.disconnect('00:11:22:33:44:55');
    await site.radio.forget('00:11:22:33:44:55');
  });

  it('a connect that hangs ends, and the next one goes well', async () => {
    await found();
    site.bluez.setFaults(STRAP, { connectHangs: true });
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('radio_timeout'));
    site.bluez.setFaults(STRAP, { connectHangs: false });
    await site.connect();
    expect(site.count('disconnected')).toBe(0);
  });

  it('a device out of reach, which BlueZ gives up', async () => {
    await found();
    site.bluez.vanish(STRAP);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    site.bluez.appear(STRAP);
    await site.connect();
  });

  it('services that are never resolved end the link', async () => {
    await found();
    site.bluez.setFaults(STRAP, { resolveNever: true });
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('radio_timeout'));
    await expect.poll(() => site.bluez.isConnected(STRAP)).toBe(false);
    site.bluez.setFaults(STRAP, { resolveNever: false });
    await site.connect();
  });

  it.each([
    ['connecting', { connectMs: 300 }],
    ['resolving', { resolveMs: 400 }],
  ])('a drop while %s is told at once', async (_phase, limits) => {
    site = await RadioSite.start({ limits });
    await site.find();
    const connecting = site.radio.connect(STRAP);
    const rejected = expect(connecting).rejects.toThrow(code('device_gone'));
    setTimeout(() => site.bluez.drop(STRAP), 100);
    const from = performance.now();
    await rejected;
    expect(performance.now() - from).toBeLessThan(1000);
    expect(site.count('disconnected')).toBe(0);
    await site.connect();
  });

  it('a drop during a read, a write and a subscription', async () => {
    await found();
    for (const [method, call] of [
      ['ReadValue', (handle: string) => site.radio.read(STRAP, handle)],
      ['WriteValue', (handle: string) => site.radio.write(STRAP, handle, Uint8Array.of(1))],
      ['StartNotify', (handle: string) => site.radio.subscribe(STRAP, handle)],
    ] as const) {
      const handle = await site.connect();
      site.bluez.hangNext(method);
      const rejected = expect(call(handle)).rejects.toThrow(code('device_gone'));
      await expect.poll(() => site.bluez.calls.get(method)).toBeGreaterThan(0);
      site.bluez.drop(STRAP);
      await rejected;
    }
    await site.happens('disconnected', 3);
  });

  it('calls that are not answered end by themselves', async () => {
    await found();
    const handle = await site.connect();
    for (const [method, call] of [
      ['ReadValue', () => site.radio.read(STRAP, handle)],
      ['WriteValue', () => site.radio.write(STRAP, handle, Uint8Array.of(1))],
      ['StartNotify', () => site.radio.subscribe(STRAP, handle)],
      ['RemoveDevice', () => site.radio.forget(STRAP)],
      ['Disconnect', () => site.radio.disconnect(STRAP)],
    ] as const) {
      site.bluez.hangNext(method);
      await expect(call(), method).rejects.toThrow(code('radio_timeout'));
    }
  });

  it.each([
    ['ReadValue', 'org.bluez.Error.NotPermitted', 'Not paired', 'pairing_needed'],
    ['ReadValue', 'org.bluez.Error.NotPermitted', 'Read not permitted', 'device_refused'],
    ['ReadValue', FAILED, 'Operation failed with ATT error: 0x0e', 'device_refused'],
    ['ReadValue', FAILED, 'Not connected', 'device_gone'],
    ['WriteValue', FAILED, 'Operation failed with ATT error: 0x05', 'pairing_needed'],
    ['WriteValue', 'org.bluez.Error.InProgress', 'In Progress', 'device_refused'],
    ['StartNotify', 'org.bluez.Error.NotSupported', 'Operation is not supported', 'device_refused'],
    ['Connect', 'org.bluez.Error.NotReady', 'Resource Not Ready', 'radio_unavailable'],
    ['Connect', FAILED, 'le-connection-abort-by-local', 'device_gone'],
    ['Connect', 'org.bluez.Error.AuthenticationFailed', 'Authentication Failed', 'pairing_needed'],
    ['Pair', 'org.bluez.Error.AuthenticationTimeout', 'Authentication Timeout', 'pairing_failed'],
    ['Pair', 'org.bluez.Error.ConnectionAttemptFailed', 'Page Timeout', 'device_gone'],
  ])('%s answered by %s (%s): %s', async (method, error, text, expected) => {
    await found();
    const handle = method === 'Connect' ? '' : await site.connect();
    site.bluez.failNext(method, error, STRAP, text);
    const calls: Record<string, () => Promise<unknown>> = {
      ReadValue: () => site.radio.read(STRAP, handle),
      WriteValue: () => site.radio.write(STRAP, handle, Uint8Array.of(1)),
      StartNotify: () => site.radio.subscribe(STRAP, handle),
      Connect: () => site.radio.connect(STRAP),
      Pair: () => site.radio.pair(STRAP, null),
    };
    await expect(calls[method]?.()).rejects.toThrow(code(expected));
    if (method === 'Connect') await site.connect();
  });

  it.each([
    ['Connect', 'org.bluez.Error.AlreadyConnected'],
    ['StartNotify', 'org.bluez.Error.InProgress'],
    ['StartNotify', 'org.bluez.Error.AlreadyNotifying'],
  ])('%s answered by %s is as good as done', async (method, error) => {
    await found();
    if (method === 'Connect') site.bluez.failNext('Connect', 'org.bluez.Error.InProgress', STRAP);
    const handle = await site.connect();
    if (method === 'StartNotify') site.bluez.failNext(method, error, STRAP);
    await site.radio.subscribe(STRAP, handle);
    if (method === 'StartNotify') await site.radio.subscribe(STRAP, handle);
    await site.happens('value');
  });

  it('connects without discovery where a controller cannot do both', async () => {
    site = await RadioSite.start();
    await site.find();
    await site.radio.discover(true);
    site.bluez.failNext('Connect', FAILED, STRAP, 'le-connection-abort-by-local');
    await site.connect();
    await expect.poll(() => site.bluez.discovering).toBe(true);
  });

  it('two who connect the same device get the same link', async () => {
    await found();
    const [one, other] = await Promise.all([site.radio.connect(STRAP), site.radio.connect(STRAP)]);
    expect(one).toEqual(other);
    expect(site.bluez.connections(STRAP)).toBe(1);
  });

  it('a connect that is taken back fails at once', async () => {
    site = await RadioSite.start({ limits: { connectMs: 1000 } });
    await site.find();
    await site.radio.discover(true);
    const rejected = expect(site.radio.connect(STRAP)).rejects.toThrow(code('device_gone'));
    await expect.poll(() => site.bluez.calls.get('Connect')).toBe(1);
    await site.radio.disconnect(STRAP);
    await rejected;
    expect(site.bluez.calls.get('Connect')).toBe(1);
  });

  it('a forgotten device is gone', async () => {
    await found();
    const handle = await site.connect();
    await site.radio.forget(STRAP);
    await site.happens('disconnected');
    expect(site.radio.sightings()).toEqual([]);
    await expect(site.radio.read(STRAP, handle)).rejects.toThrow(code('device_gone'));
  });
});
