// What stands in the way of a local site, and what is told about it.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

let folder = '';
let taken: Server;
let port = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-site-'));
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  port = (taken.address() as AddressInfo).port;
});
afterEach(async () => {
  taken.close();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

it.each(['facility', 'mqtt'])(
  'a taken port of a site that continues (%s) is named, with what can be done',
  async (what) => {
    const other = await freePort();
    const ports = what === 'facility' ? [port, other] : [other, port];
    const site = join(folder, 'site.json');
    await writeFile(site, JSON.stringify({ facilityPort: ports[0], mqttPort: ports[1], passwords: {} }));
    const recorded = recordingIo();
    expect(await main(['start', '--data', folder, '--seconds', '1'], recorded.io)).toBe(2);
    expect(recorded.stderr()).toContain(`usage: port ${port} is taken`);
    // The ports stay the site's own: its agent is enrolled at that address.
    expect(JSON.parse(await readFile(site, 'utf8'))).toMatchObject({ facilityPort: ports[0], mqttPort: ports[1] });
  },
);

it('a site that is running is not started twice, and says which process runs it', async () => {
  const [first, second] = [recordingIo(), recordingIo()];
  const running = main(['start', '--data', folder, '--seconds', '60'], first.io);
  await expect.poll(() => first.stdout(), { timeout: 15_000 }).toContain('MQTT');
  const before = await readFile(join(folder, 'site.json'), 'utf8');
  expect(await main(['start', '--data', folder, '--seconds', '1'], second.io)).toBe(75);
  expect(second.stderr()).toMatch(new RegExp(`folder_locked: .*\\b${process.pid}\\b`));
  expect(await readFile(join(folder, 'site.json'), 'utf8')).toBe(before);
  first.stop();
  expect(await running).toBe(0);
}, 40_000);
