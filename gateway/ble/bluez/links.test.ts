// A link that is given up while it is made: nothing of the attempt goes on, beside a pairing that may begin then.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { KnownDevice } from './device.ts';
import type { Discovery } from './discovery.bluez.ts';
import { HostError } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { Links } from './links.bluez.ts';
import { DEFAULT_TIMEOUTS } from './timeouts.ts';

const PATH = '/org/bluez/hci0/dev_1';
const ABORTED = new HostError('org.bluez.Error.Failed', 'le-connection-abort-by-local');

/** A host that answers when the test says so, and Disconnect at once. */
class Answers {
  readonly calls: string[] = [];
  device = { path: PATH, address: 'AA', connected: false, resolved: false, paired: false } as KnownDevice;
  readonly objects = { device: () => this.device, characteristics: () => [] };
  readonly #connects: { resolve: () => void; reject: (error: Error) => void }[] = [];

  call(_path: string, _of: string, member: string): Promise<unknown[]> {
    this.calls.push(member);
    if (member !== 'Connect') return Promise.resolve([]);
    return new Promise((resolve, reject) => this.#connects.push({ resolve: () => resolve([]), reject }));
  }

  refuse(error: Error): void {
    this.#connects.shift()?.reject(error);
  }
}

function linksOver(host: Answers, stopMs = 0) {
  const discovery = {
    running: true,
    without: async <T>(work: () => Promise<T>) => {
      await sleep(stopMs);
      return work();
    },
  };
  const links = new Links(host as unknown as Host, discovery as unknown as Discovery, DEFAULT_TIMEOUTS, () => {});
  const code = links.connect(host.device).then(
    () => 'up',
    (error) => error.code as string,
  );
  const changes = (now: Partial<KnownDevice>) => {
    host.device = { ...host.device, ...now };
    links.changed(host.device);
  };
  return { links, code, changes };
}

test('it came up and dropped, and the host did not say yet why', async () => {
  const host = new Answers();
  const { links, code, changes } = linksOver(host);
  changes({ connected: true });
  changes({ connected: false });
  await links.disconnect(host.device);
  host.refuse(ABORTED);
  expect(await code).toBe('device_gone');
  expect(host.calls).toEqual(['Connect', 'Disconnect']);
});

test('the same, and a link comes about for somebody else: it is nobody’s', async () => {
  const host = new Answers();
  const { links, code, changes } = linksOver(host);
  changes({ connected: true });
  changes({ connected: false });
  await links.disconnect(host.device);
  await sleep(600);
  changes({ connected: true, resolved: true });
  expect(await code).toBe('device_gone');
  expect(host.calls).toEqual(['Connect', 'Disconnect']);
});

test('discovery is being stopped for a second attempt', async () => {
  const host = new Answers();
  const { links, code } = linksOver(host, 50);
  host.refuse(ABORTED);
  await sleep(10);
  await links.disconnect(host.device);
  expect(await code).toBe('device_gone');
  expect(host.calls).toEqual(['Connect', 'Disconnect']);
});
