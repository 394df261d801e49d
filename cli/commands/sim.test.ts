import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { afterAll, describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitalseal-sim-'));
const RECORDING = join(folder, 'pulse.csv');
writeFileSync(RECORDING, 'time,MDC_PULS_OXIM_PULS_RATE (/min)\n0,60\n1,61\n');
afterAll(() => rmSync(folder, { recursive: true }));

const BROKER = ['--mqtt', '127.0.0.1:9', '--username', 'pump-1', '--password', 'x'];

async function run(...argv: string[]) {
  const recorded = recordingIo();
  const code = await main(['sim', ...argv], recorded.io);
  return { code, ...recorded };
}

describe('vitalseal sim', () => {
  it.each([['run'], ['replay']])('%s explains itself', async (name) => {
    const { code, stdout } = await run(name, '--help');
    expect(code).toBe(0);
    for (const option of [
      '--mqtt',
      '--username',
      '--password',
      '--seed',
      '--seconds',
      '--format',
      '--fault',
      '--rate',
      '--json',
    ]) {
      expect(stdout()).toContain(option);
    }
  });

  it.each([
    [['run', 'toaster', ...BROKER]],
    [['run', 'pump']],
    [['run', 'pump', ...BROKER, '--fault', 'drop=2']],
    [['run', 'pump', ...BROKER, '--seconds', '-1']],
    [['run', 'pump', ...BROKER, '--format', 'xml']],
    [['run', 'pump', '--mqtt', 'localhost', '--username', 'u', '--password', 'p']],
  ])('%j is a usage error', async (argv) => {
    expect((await run(...argv)).code).toBe(2);
  });

  it('says why a recording cannot be replayed', async () => {
    const { code, stderr, lastJson } = await run('replay', 'no-such-file.csv', ...BROKER, '--json');
    expect(code).toBe(1);
    expect(stderr()).toBe('vitalseal: recording_invalid: no-such-file.csv: no such file\n');
    expect(lastJson()).toMatchObject({ error: { code: 'recording_invalid' } });
  });

  it.each([
    [['run', 'pump'], 'nobody listens'],
    [['replay', RECORDING], 'nobody listens'],
  ])('%j ends after its seconds when %s, with the reason and the counts', async (words) => {
    const argv = [...words, ...BROKER, '--seconds', '0.4'];
    const { code, stdout, stderr } = await run(...argv);
    expect(code).toBe(75);
    expect(stdout()).toBe('0 messages with 0 readings sent; 0 with 0 acknowledged\n');
    expect(stderr()).toBe(
      'the broker at 127.0.0.1:9 cannot be reached (ECONNREFUSED); trying again until the seconds are over\n' +
        'vitalseal: broker_unavailable: the broker at 127.0.0.1:9 cannot be reached (ECONNREFUSED)\n',
    );
    expect((await run(...argv, '--json')).lastJson()).toMatchObject({
      sent: 0,
      error: { code: 'broker_unavailable' },
    });
  });

  it.each([
    ['4', 'the broker closes the connection again and again without an acknowledgement'],
    ['5', 'the broker refuses every message (Not authorized)'],
  ])('MQTT %s: a topic that is refused is an error, with what may be wrong', async (version, reason) => {
    const broker = createServer((socket) => {
      const parser = mqttPacket.parser();
      const answer = (packet: object) =>
        socket.write(mqttPacket.generate(packet as Packet, { protocolVersion: Number(version) }));
      socket.on('error', () => {});
      socket.on('data', (bytes) => parser.parse(bytes));
      parser.on('packet', ({ cmd, messageId }) => {
        if (cmd === 'connect') answer({ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 });
        else if (cmd !== 'publish') return;
        else if (version === '5') answer({ cmd: 'puback', messageId, reasonCode: 0x87 });
        else socket.destroy();
      });
    }).listen(0, '127.0.0.1');
    await once(broker, 'listening');
    const mqtt = ['--mqtt', `127.0.0.1:${(broker.address() as AddressInfo).port}`, '--mqtt-version', version];
    const argv = ['run', 'pump', ...BROKER, ...mqtt, '--device', 'pump-9', '--seconds', '2', '--patience', '0.1'];
    const { code, stderr, stdout } = await run(...argv);
    broker.close();
    expect(code).toBe(1);
    expect(stdout()).toContain('0 with 0 acknowledged');
    expect(stderr().split(reason)).toHaveLength(3); // while it tries, and in the end
    expect(stderr()).toContain('vitalseal: topic_denied: ');
    expect(stderr()).toContain('--device is not the user name');
  });

  it('ends on Ctrl-C with its counts, also while there is no broker', async () => {
    const recorded = recordingIo();
    const ended = main(['sim', 'run', 'pump', ...BROKER, '--json'], recorded.io);
    recorded.stop();
    expect(await ended).toBe(0);
    expect(recorded.lastJson()).toMatchObject({ sent: 0, acknowledged: 0, readings: 0 });
  });
});
