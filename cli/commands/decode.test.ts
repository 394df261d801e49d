import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

async function run(argv: readonly string[], input = '') {
  const recorded = recordingIo([], [new TextEncoder().encode(input)]);
  const code = await main(['decode', ...argv], recorded.io);
  return { code, ...recorded };
}

const RATE = {
  valid: true,
  characteristic: '2A37',
  name: 'Heart Rate Measurement',
  readings: [{ code: 'MDC_HF_HR', mdc: 8454258, value: '72', unit: '/min', deviceTime: null }],
  context: { flags: 0, sensorContact: 'not-supported' },
};

describe('vitalseal decode', () => {
  it.each([
    [['2A37', '0048']],
    [['2a37', '00 48']],
    [['0x2A37', '0x0048']],
    [['2A37', '0x00 0x48']],
    [['2A37', '00', '48']],
    [['2A37', '00-48']],
    [['2A37', '00:48']],
    [['00002a37-0000-1000-8000-00805f9b34fb', '0048']],
    [['heart rate measurement', '0048']],
  ])('%j', async (argv) => {
    const { code, stderr, stdout, lastJson } = await run([...argv, '--json']);
    expect([code, stderr()]).toEqual([0, '']);
    expect(stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(lastJson()).toEqual(RATE);
  });

  it.each([
    [['2A37', '10 48'], 'characteristic_truncated'],
    [['2A37', '00 48 00'], 'characteristic_malformed'],
    [['2A35', '00 0108 0000 0000'], 'characteristic_reserved'],
    [['2AAB', '020009c3'], 'characteristic_crc'],
    [['2A08', 'e907 02 1e 0a 1e 2d'], 'time_malformed'],
    [['2A37', ''], 'text_invalid'],
    [['2A37', '004'], 'text_invalid'],
    [['2A37', '0 0 4 8'], 'text_invalid'],
    [['2A37', 'xx'], 'text_invalid'],
    [['2AFF', '00'], 'characteristic_unknown'],
    [['2A37', '00'.repeat(513)], 'characteristic_malformed'],
  ])('%j is not valid: %s', async (argv, error) => {
    const { code, stderr, stdout, lastJson } = await run([...argv, '--json']);
    expect(code).toBe(1);
    expect(lastJson()).toEqual({ valid: false, error: { code: error, message: expect.any(String) } });
    expect(stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(stderr()).toContain(`vitalseal: ${error}: `);
    expect((await run(argv)).stdout()).toBe('');
  });

  it.each([[[]], [['2A37']], [['--lines', '2A37', '00']], [['--nonsense']]])('%j is a usage error', async (argv) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout()]).toEqual([2, '']);
    expect(stderr()).toContain('vitalseal: usage: ');
    expect((await run([...argv, '--json'])).lastJson()).toMatchObject({ error: { code: 'usage' } });
  });

  it('shows tables without --json', async () => {
    const { code, stdout } = await run(['2A1C', '066c0100ffe90705150a1e2d04']);
    expect(code).toBe(0);
    expect(stdout()).toBe(
      '2A1C  Temperature Measurement\n' +
        'code              mdc  value  unit  time                 context\n' +
        'MDC_TEMP_BODY  150364  36.4   Cel   2025-05-21T10:30:45  bodySite=finger\n' +
        'field      value\n' +
        'flags      6\n' +
        'timestamp  2025-05-21T10:30:45\n' +
        'type       4\n' +
        'typeName   finger\n',
    );
  });

  it('does not let a name in a packet steer the terminal', async () => {
    const { stdout } = await run(['2A29', Buffer.from('A\u001b[2JB').toString('hex')]);
    expect(stdout()).not.toContain('\u001b');
  });

  it('says in its help what it takes and how it ends', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const word of ['CHARACTERISTIC', '2A37 2A38', '2BF4', 'SFLOAT', 'E2E-CRC16-MCRF4XX', '--lines', 'exit code']) {
      expect(stdout()).toContain(word);
    }
  });
});

describe('vitalseal decode --lines', () => {
  it('answers every line in its place', async () => {
    const input = [
      '2A37 0048',
      '',
      '"Heart Rate Measurement" 00 48',
      'Heart Rate Measurement 00 48',
      '\t2a37   0x00 0x48\r',
      '2A37 10',
      '2A37',
      'nonsense',
      'x'.repeat(5000),
      'Battery Level',
      '2A37 0048',
    ];
    const { code, stderr, stdout } = await run(['--lines', '--json'], input.join('\n'));
    expect([code, stderr()]).toEqual([0, '']);
    const answers = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map((answer) => answer.error?.code ?? answer.name)).toEqual([
      'Heart Rate Measurement',
      'text_invalid',
      'Heart Rate Measurement',
      'Heart Rate Measurement',
      'Heart Rate Measurement',
      'characteristic_truncated',
      'text_invalid',
      'characteristic_unknown',
      'text_invalid',
      'text_invalid',
      'Heart Rate Measurement',
    ]);
    for (const [nth, answer] of answers.entries()) expect([nth, answer.valid]).toEqual([nth, !('error' in answer)]);
    expect(answers.at(-1)).toEqual(RATE);
  });

  it('answers nothing to nothing', async () => {
    const { code, stdout } = await run(['--lines', '--json']);
    expect([code, stdout()]).toEqual([0, '']);
  });

  it('reads the name of a type that is hex itself', async () => {
    const { stdout } = await run(['--lines', '--json'], 'FLOAT 6c0100ff\nSFLOAT 6c f1\n');
    const values = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).readings[0].value);
    expect(values).toEqual(['36.4', '36.4']);
  });

  it('is for people without --json', async () => {
    const { code, stdout } = await run(['--lines'], '2A19 64\n2A19\n');
    expect(code).toBe(0);
    expect(stdout()).toContain('2A19  Battery Level\n');
    expect(stdout()).toContain('line 2 not decoded: text_invalid: there is no hex after the characteristic\n');
  });

  it('answers each line as it comes, and ends with its input', async () => {
    const bin = fileURLToPath(new URL('../bin/vitalseal.js', import.meta.url));
    const child = spawn(process.execPath, [bin, 'decode', '--lines', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answer = async () => JSON.parse(String((await once(child.stdout, 'data'))[0]));
    child.stdin.write('2A37 0048\n2A3');
    expect(await answer()).toEqual(RATE);
    child.stdin.write('7 00');
    child.stdin.end('48');
    expect(await answer()).toEqual(RATE);
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('holds no more answers than its reader takes', async () => {
    const recorded = recordingIo([], [new TextEncoder().encode('2A37 0048\n'.repeat(3))]);
    let take: () => void = () => {};
    const io = { ...recorded.io, drained: () => new Promise<void>((resolve) => (take = resolve)) };
    const ended = main(['decode', '--lines', '--json'], io);
    for (let answers = 1; answers <= 3; answers++) {
      await expect.poll(() => recorded.stdout().split('\n').length - 1).toBe(answers);
      take();
    }
    expect(await ended).toBe(0);
  });
});
