import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../encoding/bytes.ts';
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts';

// The example of C2SP tlog-proof, its extra line made whole base64 (the specification shows it cut).
const EXAMPLE = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw1roloI=
`;

describe('tlog-proof', () => {
  it('reads and writes the example of the specification', () => {
    const proof = parseTlogProof(EXAMPLE);
    expect(proof).toMatchObject({ index: 73894 });
    expect(proof.path.length).toBe(5);
    expect(Buffer.from(proof.extra as Uint8Array).toString()).toBe('age-v1.2.1-darwin-arm64.tar.gz');
    expect(proof.checkpoint.startsWith('example.com/fancylog\n109482\n')).toBe(true);
    expect(formatTlogProof(proof)).toBe(EXAMPLE);
  });

  it('gives back what went in', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const arbitrary = fc.record({
      index: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      path: fc.array(hash, { maxLength: 53 }),
      checkpoint: fc.constant('origin\n1\nroot\n\n— a b\n'),
      extra: fc.uint8Array(),
    });
    fc.assert(
      fc.property(arbitrary, (proof) => {
        const back = parseTlogProof(formatTlogProof(proof));
        expect({ ...back, path: back.path.map(toBase64) }).toEqual({ ...proof, path: proof.path.map(toBase64) });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['another header', EXAMPLE.replace('@v1', '@v2')],
    ['no index', EXAMPLE.replace('index 73894\n', '')],
    ['a leading zero', EXAMPLE.replace('73894', '073894')],
    ['two extra lines', EXAMPLE.replace('index', 'extra AAAA\nindex')],
    [
      'a hash of 31 bytes',
      EXAMPLE.replace('gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=', 'gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPg=='),
    ],
    ['loose base64 in extra', EXAMPLE.replace('Lmd6', 'Lmd')],
    ['carriage returns', EXAMPLE.replaceAll('\n', '\r\n')],
    ['a path of 54', EXAMPLE.replace(/gSKy.*\n/, (line) => line.repeat(50))],
    ['no checkpoint', EXAMPLE.slice(0, EXAMPLE.indexOf('\n\n'))],
    ['a megabyte', `${EXAMPLE}${'x'.repeat(1 << 20)}`],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseTlogProof(text)).toThrow(expect.objectContaining({ code: 'proof_invalid' }));
  });
});
