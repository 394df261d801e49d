import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askControl, type ControlServer, serveControl } from './control.socket.ts';

let dir = '';
let server: ControlServer | null = null;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'vitalseal-control-'));
  server = await serveControl(dir, {
    echo: async (parameters) => parameters,
    refuse: async () => {
      throw new VitalsealError('device_unknown', 'no such device');
    },
    break: async () => {
      throw new TypeError('a secret');
    },
  });
});
afterEach(async () => {
  await server?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function raw(bytes: string | Uint8Array): Promise<string> {
  const socket = connect(join(dir, 'agent.sock'));
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

describe('the control socket', () => {
  it('is for its user only, answers, and passes errors on', async () => {
    expect(statSync(join(dir, 'agent.sock')).mode & 0o777).toBe(0o600);
    expect(await askControl(dir, 'echo', { a: 1 })).toEqual({ a: 1 });
    await expect(askControl(dir, 'refuse')).rejects.toThrowError(
      expect.objectContaining({ code: 'device_unknown', message: 'no such device' }),
    );
    await expect(askControl(dir, 'none')).rejects.toThrowError(expect.objectContaining({ code: 'not_found' }));
    await expect(askControl(dir, 'constructor')).rejects.toThrowError(expect.objectContaining({ code: 'not_found' }));
  });

  it('tells nothing of its own faults', async () => {
    const answer = await raw('{"command":"break"}\n');
    expect(JSON.parse(answer)).toEqual({ error: { code: 'internal', message: 'a fault in Vitalseal' } });
  });

  it.each([
    ['no json\n'],
    ['[]\n'],
    ['null\n'],
    ['"x"\n'],
    ['{}\n'],
    ['{"command":5}\n'],
    [Uint8Array.of(0xff, 0xfe, 10)],
  ])('refuses %j', async (bytes) => {
    expect(JSON.parse(await raw(bytes))).toHaveProperty('error.code');
  });

  it('hangs up on a line without end, and lives on', async () => {
    expect(await raw(Buffer.alloc(80_000, 0x20))).toBe('');
    expect(await askControl(dir, 'echo')).toEqual({});
  });

  it('is undefined for a folder where nobody runs, also when an old socket lies there', async () => {
    await server?.close();
    server = null;
    expect(await askControl(dir, 'echo')).toBeUndefined();
    writeFileSync(join(dir, 'agent.sock'), '');
    expect(await askControl(dir, 'echo')).toBeUndefined();
  });
});
