import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jsonLine, processIo, recordingIo, tableLines } from './io.ts';

describe('jsonLine', () => {
  it('says nothing to a terminal that is not written out', () => {
    const hostile = '\u009b31m\u202eabc\u2028\u{e0041}\u007f';
    const text = jsonLine({ hostile });
    expect(text).toMatch(/^[ -~]+$/);
    expect(JSON.parse(text)).toEqual({ hostile });
  });

  it('writes bytes as hex, also those of a Buffer', () => {
    expect(jsonLine({ a: Uint8Array.of(0, 255), b: Buffer.from([1, 16]) })).toBe('{"a":"00ff","b":"0110"}');
  });
  it('writes a bigint as a number while that is exact', () => {
    expect(jsonLine({ a: 12n, b: 2n ** 64n })).toBe('{"a":12,"b":"18446744073709551616"}');
  });
  it('stays on one line', () => {
    expect(jsonLine({ text: 'two\nlines' })).not.toContain('\n');
  });
});

describe('tableLines', () => {
  it('aligns text left and numbers right', () => {
    expect(
      tableLines([
        { code: 'HR', value: 72 },
        { code: 'SpO2', value: 9 },
      ]),
    ).toEqual(['code  value', 'HR       72', 'SpO2      9']);
  });
  it('keeps control characters from the terminal', () => {
    expect(tableLines([{ name: '\u001b[2Jpump' }])[1]).toBe('\u{FFFD}[2Jpump');
  });
  it('shows the header of an empty table when the columns are known', () => {
    expect(tableLines([], ['id', 'state'])).toEqual(['id  state']);
    expect(tableLines([])).toEqual([]);
  });
});

describe('recordingIo', () => {
  it('keeps both streams and aborts on stop', () => {
    const recorded = recordingIo();
    recorded.io.print('a');
    recorded.io.printError('b');
    recorded.io.json({ n: 1 });
    expect(recorded.stdout()).toBe('a\n{"n":1}\n');
    expect(recorded.stderr()).toBe('b\n');
    expect(recorded.lastJson()).toEqual({ n: 1 });
    recorded.stop();
    expect(recorded.io.signal.aborted).toBe(true);
  });
});

it('takes a terminal that reports no columns for one of 80', () => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  for (const [columns, width] of [
    [0, 80],
    [undefined, 80],
    [120, 120],
  ]) {
    Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
    expect(processIo().width).toBe(width);
  }
  if (before) Object.defineProperty(process.stdout, 'columns', before);
  else Reflect.deleteProperty(process.stdout, 'columns');
});

describe('a question on a real terminal', () => {
  const io = fileURLToPath(new URL('io.ts', import.meta.url));
  /** What two questions get when this is on stdin. */
  const answers = async (typed: string) => {
    const program = `import { processIo } from ${JSON.stringify(io)}; const io = processIo();
      console.log(JSON.stringify([await io.ask('a? '), await io.ask('b? ')]));`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program]);
    child.stdin.end(typed);
    let out = '';
    child.stdout.on('data', (text) => (out += text));
    expect(await once(child, 'close')).toEqual([0, null]);
    return JSON.parse(out);
  };

  it('is answered by a line each, also when both came at once, and by null at the end', async () => {
    expect(await answers('yes\n123456\nmore\n')).toEqual(['yes', '123456']);
    expect(await answers('yes\n')).toEqual(['yes', null]);
    expect(await answers('')).toEqual([null, null]);
  });

  it('leaves what comes after it a line of its own, where nobody typed Enter', async () => {
    const program = `import { processIo } from ${JSON.stringify(io)}; const io = processIo();
      await io.ask('a? '); await io.ask('b? '); io.printError('c');`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program]);
    child.stdin.end('yes\n');
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    await once(child, 'close');
    expect(said).toBe('a? \nb? \nc\n');
  });

  it('leaves the process free to end while its stdin stays open', async () => {
    const program = `import { processIo } from ${JSON.stringify(io)}; console.log(await processIo().ask('a? '));`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program]);
    child.stdin.write('yes\n');
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});

describe('the signal of a real process', () => {
  const io = fileURLToPath(new URL('io.ts', import.meta.url));
  const start = async (body: string) => {
    const program = `import { processIo } from ${JSON.stringify(io)}; const io = processIo(); ${body}; console.log('up'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program]);
    await once(child.stdout, 'data');
    return child;
  };

  it('aborts on the first Ctrl-C, takes an echo of it for the same wish, and ends at once on a later one', async () => {
    const child = await start("io.signal.addEventListener('abort', () => console.log('stopping'))");
    const exit = once(child, 'exit');
    child.kill('SIGINT');
    expect(String((await once(child.stdout, 'data'))[0])).toBe('stopping\n');
    child.kill('SIGINT'); // what npm passes on
    await setTimeout(700);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await exit).toEqual([130, null]);
  });

  it('leaves a command that does not ask for it to die as usual', async () => {
    const child = await start('');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  });
});
