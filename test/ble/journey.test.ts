// A Bluetooth wearable from its radio to its owner, by the commands that a person types: scan, add, pair, show, remove. The
// devices are simulated, BlueZ is a fake on a bus of its own, everything else is the real thing.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BluetoothBench, hasBus, makeBluetooth } from '../site/bluetooth.ts';
import { lastJson, runCommand, runJson, startCommand } from '../site/command.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { readAll } from '../site/numbered-delivery.ts';
import { makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

const STRAP = 'C0:26:DA:01:02:03';
const COMPARED = 'C0:26:DA:01:02:04';
const HANGING = 'C0:26:DA:01:02:07';
const STRANGER = 'C0:26:DA:01:02:05';

interface Heard {
  sightings: {
    address: string;
    name: string | null;
    rssi: number | null;
    what: string | null;
    device: string | null;
  }[];
}
interface Listed {
  devices: { device: string; kind: string; address: string | null; state: string | null; owner: string }[];
}
interface Shown {
  status: { state: string; problem: string | null; paired: boolean; readings: number; connections: number };
}

describe.skipIf(!hasBus())('a Bluetooth wearable', () => {
  let folder: TemporaryFolder;
  let bench: BluetoothBench;
  let site: Site;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    bench = await makeBluetooth([
      { kind: 'heart-rate', address: STRAP, rate: 20 },
      { kind: 'heart-rate', address: COMPARED, pairing: 'numeric-comparison', passkey: 4711 },
      { kind: 'heart-rate', address: HANGING },
      { kind: 'heart-rate', address: STRANGER },
    ]);
    const agentConfig = `[batch]\nmax_age_seconds = 1\n[ble]\nbus = "${bench.busAddress}"`;
    site = await makeSite(folder.dir, { agentConfig, agentStopped: true });
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await bench?.stop();
    await folder?.remove();
  });

  const devices = <T = Record<string, unknown>>(...args: string[]) =>
    runJson<T>(['agent', 'devices', ...args, '--data', site.agentDir]);
  const show = (name: string) => devices<Shown>('show', name);
  const pairing = (name: string, ...args: string[]) =>
    runCommand(['agent', 'devices', 'pair', name, '--data', site.agentDir, '--json', ...args]);
  const state = async (name: string) => (await show(name)).status.state;

  test('is found by a scan while no agent runs, and by a table as well as by JSON', async () => {
    const { sightings } = await devices<Heard>('scan', '--seconds', '3');
    const strap = sightings.find(({ address }) => address === STRAP);
    expect(strap).toMatchObject({ what: 'heart rate strap', device: null, rssi: expect.any(Number) });
    const { stdout } = await runCommand(['agent', 'devices', 'scan', '--seconds', '2', '--data', site.agentDir]);
    expect(stdout).toContain(`agent devices add NAME --ble ${STRAP}`);
    await until('discovery to end', () => !bench.bluez.discovering);
  });

  test('an agent without Bluetooth devices leaves the radio alone; the first one that is added is connected', async () => {
    await site.startAgent();
    expect([bench.bluez.discovering, bench.bluez.agents]).toEqual([false, 0]);
    await devices('add', 'strap-1', '--ble', STRAP.toLowerCase());
    await until('its readings', async () => (await show('strap-1')).status.readings > 20);
    expect(await state('strap-1')).toBe('live');
    const listed = await devices<Listed>('list');
    expect(listed.devices).toEqual([
      { device: 'strap-1', kind: 'ble', address: STRAP, state: 'live', problem: null, owner: 'enrolled' },
    ]);
    const status = await site.status();
    expect(status.ble).toMatchObject([{ device: 'strap-1', state: 'live', problem: null }]);
  });

  test('a scan knows it while the agent runs, and another device is not touched', async () => {
    const { sightings } = await devices<Heard>('scan', '--seconds', '2');
    const known = new Map(sightings.map(({ address, device }) => [address, device]));
    expect([known.get(STRAP), known.get(STRANGER)]).toEqual(['strap-1', null]);
    expect(bench.bluez.connections(STRANGER)).toBe(0);
  });

  test('pairing by comparing digits is answered by a person or by --answer, never by --yes', async () => {
    await devices('add', 'strap-2', '--ble', COMPARED, '--owner', 'none');
    const hasty = await pairing('strap-2', '--yes');
    expect(hasty.code).not.toBe(0);
    expect(lastJson(hasty.stdout)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('--answer yes') },
    });
    const refused = await pairing('strap-2', '--answer', 'no');
    expect(lastJson(refused.stdout)).toEqual({ error: { code: 'pairing_failed', message: 'you said no' } });
    expect(bench.bluez.isPaired(COMPARED)).toBe(false);

    const paired = await pairing('strap-2', '--answer', 'yes');
    const lines = paired.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { event: 'question', kind: 'confirm', passkey: '004711' },
      { device: 'strap-2', paired: true, already: false },
    ]);
    expect(bench.bluez.isPaired(COMPARED)).toBe(true);
    await until('the status to say so', async () => (await show('strap-2')).status.paired);
    const again = await runCommand(['agent', 'devices', 'pair', 'strap-2', '--data', site.agentDir]);
    expect([again.code, again.stdout]).toEqual([0, 'strap-2 was paired already\n']);
  });

  test('a pairing that is cancelled makes room for the next one, whatever it waited for', async () => {
    const cancelled = async (name: string) => {
      const command = startCommand(['agent', 'devices', 'pair', name, '--data', site.agentDir]);
      await until('it to begin', () => command.output().stderr.includes('looking for'));
      expect((await command.stop('SIGINT')).stderr).toContain('cancelled: the pairing was cancelled');
    };
    await devices('add', 'absent', '--ble', 'C0:26:DA:01:02:06', '--owner', 'none');
    await cancelled('absent');
    await devices('add', 'strap-3', '--ble', HANGING, '--owner', 'none');
    await until('it to be live', async () => (await state('strap-3')) === 'live');
    bench.bluez.hangNext('Pair', HANGING);
    await cancelled('strap-3');
    const paired = await pairing('strap-3', '--yes');
    expect([paired.code, paired.stderr]).toEqual([0, '']);
    await devices('remove', 'strap-3');
  });

  test('a wearable that was reset says that it must be paired anew, and is, by the same command', async () => {
    // Says how it stood, should it not come to it.
    const status = () => expect.poll(async () => (await show('strap-2')).status, { timeout: 30_000 });
    bench.bluez.loseKey(COMPARED);
    await status().toMatchObject({ problem: 'pairing_needed' });
    const paired = await pairing('strap-2', '--answer', 'yes');
    expect(lastJson(paired.stdout)).toEqual({ device: 'strap-2', paired: true, already: false });
    const { readings } = (await show('strap-2')).status;
    await status().toSatisfy((now: Shown['status']) => now.readings > readings);
  }, 90_000);

  test('a name that nobody added cannot be paired', async () => {
    const outcome = await pairing('strap-9');
    expect([outcome.code, lastJson(outcome.stdout)]).toMatchObject([2, { error: { code: 'device_unknown' } }]);
  });

  test('removed, it is disconnected, its bond is gone, and it stays so', async () => {
    await devices('remove', 'strap-2');
    await until('its link to end', () => !bench.bluez.isConnected(COMPARED));
    expect(bench.bluez.isPaired(COMPARED)).toBe(false);
    const links = bench.bluez.connections(COMPARED);
    await devices('scan', '--seconds', '2');
    expect(bench.bluez.connections(COMPARED)).toBe(links);
    const unknown = await runCommand(['agent', 'devices', 'show', 'strap-2', '--data', site.agentDir]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('device_unknown')]);
  });

  test('its owner reads its readings, proven', async () => {
    await devices('remove', 'strap-1');
    await until('its link to end', () => !bench.bluez.isConnected(STRAP));
    await runJson(['agent', 'flush', '--data', site.agentDir]);
    const rows = await readAll(site);
    expect(rows.filter(({ device }) => device !== 'strap-1')).toEqual([]);
    const rates = rows.filter(({ unit }) => unit === '/min').map(({ value }) => Number(value));
    expect(rates.length).toBeGreaterThan(20);
    for (const rate of rates) expect(rate).toBeGreaterThan(30);
  }, 40_000);

  test('nobody else was ever connected, and the agent said nothing of a reading', async () => {
    expect(bench.bluez.connections(STRANGER)).toBe(0);
    const { stderr } = await site.agent.stop();
    expect(stderr).not.toMatch(/MDC_|C0:26:DA|strap-1/);
    expect(stderr).not.toContain('"level":50');
  });
});

describe('an agent where there is no D-Bus', () => {
  test('runs, and says what is missing', async () => {
    const folder = await makeTemporaryFolder();
    const site = await makeSite(folder.dir, { agentConfig: '[ble]\nbus = "unix:path=/nonexistent/bus"' });
    try {
      const args = ['--data', site.agentDir];
      await runJson(['agent', 'devices', 'add', 'strap-1', '--ble', STRAP, ...args]);
      await until('the status to say it', async () => {
        const [status] = (await site.status()).ble as { problem: string | null }[];
        return status?.problem === 'radio_unavailable';
      });
      const { stdout } = await runCommand(['agent', 'status', ...args]);
      expect(stdout).toMatch(/bluetooth +0 of 1/);
      expect(stdout).toMatch(/radio +no-bus +no D-Bus answers at unix:path=\/nonexistent\/bus/);
      const scan = await runCommand(['agent', 'devices', 'scan', '--seconds', '5', '--json', ...args]);
      expect([scan.code, lastJson(scan.stdout)]).toMatchObject([75, { error: { code: 'radio_unavailable' } }]);
      await site.agent.stop();
      const alone = await runCommand(['agent', 'devices', 'scan', '--seconds', '1', '--json', ...args]);
      expect([alone.code, lastJson(alone.stdout)]).toMatchObject([75, { error: { code: 'radio_unavailable' } }]);
    } finally {
      await site.stop();
      await folder.remove();
    }
  }, 40_000);
});

describe.skipIf(!hasBus())('an agent whose adapter is another', () => {
  test('says so, and which there is, by status, show, scan and pair, with a running agent and without', async () => {
    const folder = await makeTemporaryFolder();
    const bench = await makeBluetooth([{ kind: 'heart-rate', address: STRAP }]);
    const agentConfig = `[ble]\nbus = "${bench.busAddress}"\nadapter = "hci1"`;
    const site = await makeSite(folder.dir, { agentConfig });
    const words = 'there is no adapter hci1, but hci0: [ble] adapter = "hci0" in agent.toml';
    const args = ['--data', site.agentDir];
    const failing = async (...command: string[]) => {
      const { code, stdout, stderr } = await runCommand(['agent', 'devices', ...command, '--json', ...args]);
      expect([code, lastJson(stdout)]).toEqual([75, { error: { code: 'radio_unavailable', message: words } }]);
      expect(stderr).toContain(words);
    };
    try {
      await runJson(['agent', 'devices', 'add', 'strap-1', '--ble', STRAP, ...args]);
      const radio = { fault: 'no-adapter', bus: bench.busAddress, adapter: 'hci1', adapters: ['hci0'] };
      await until('the status to say it', async () => (await site.status()).radio !== null);
      expect(await site.status()).toMatchObject({ radio, ble: [{ problem: 'radio_unavailable' }] });
      expect((await runCommand(['agent', 'status', ...args])).stdout).toMatch(
        / radio +no-adapter +there is no adapter/,
      );
      expect(await runJson(['agent', 'devices', 'show', 'strap-1', ...args])).toMatchObject({ radio });
      const { stdout } = await runCommand(['agent', 'devices', 'show', 'strap-1', ...args]);
      expect(stdout).toContain(words);
      await failing('scan', '--seconds', '5');
      await failing('pair', 'strap-1');
      const { stderr } = await site.agent.stop();
      expect(stderr).not.toMatch(/strap-1|C0:26:DA/);
      await failing('scan', '--seconds', '1');
      await failing('pair', 'strap-1');
    } finally {
      await site.stop();
      await bench.stop();
      await folder.remove();
    }
  }, 60_000);
});
