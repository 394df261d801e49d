import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from './lines.ts';

async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function lines(text: string, most: number, sizes: readonly number[] = [7]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for await (const line of linesOf(pieces(text, sizes), most)) found.push(line);
  return found;
}

describe('lines of a stream', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n\r\nb', ['a', '', 'b']],
    ['12345678\nab\n', ['12345678', 'ab']],
    ['123456789\nab\n123456789', [null, 'ab', null]],
    ['é\n', ['é']],
  ])('%j', async (text, expected) => expect(await lines(text, 8)).toEqual(expected));

  it('are the same however they come', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', 'é', ' '), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (given, sizes) => {
        expect(await lines(given, 8, sizes)).toEqual(await lines(given, 8, [1000]));
      }),
    );
  });

  it('drop a line that never ends as it comes', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const piece = new Uint8Array(65_536).fill(0x61);
      for (let i = 0; i < 500; i++) yield piece;
      yield new TextEncoder().encode('\nb\n');
    }
    const found: (string | null)[] = [];
    for await (const line of linesOf(endless(), 4096)) found.push(line);
    expect(found).toEqual([null, 'b']);
  });
});
