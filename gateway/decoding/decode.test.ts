import { isVitalsealError, utf8 } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload, PAYLOAD_FORMATS } from './decode.ts';

const stamp = { device: 'd', group: 0, wallMs: 1_795_000_000_000, monotonicMs: 1, clock: 'synchronised' } as const;

const onlyDecodeErrors = (bytes: Uint8Array) => {
  for (const format of PAYLOAD_FORMATS) {
    try {
      const { readings } = decodePayload(format, bytes, stamp);
      expect(readings.length).toBeGreaterThan(0);
    } catch (error) {
      if (!isVitalsealError(error)) throw error;
      expect(error.message).not.toBe('the decoder failed');
    }
  }
};

describe('decodePayload', () => {
  it('throws decode errors only, on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), onlyDecodeErrors), { numRuns: 3000 });
  });

  it('throws decode errors only, on JSON of any shape', () => {
    const member = fc.constantFrom(
      'readings',
      'code',
      'value',
      'unit',
      'time',
      'n',
      'v',
      'bn',
      'bt',
      't',
      'vd',
      'bver',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(member, tie('tree'), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => onlyDecodeErrors(utf8(JSON.stringify(value)))),
      { numRuns: 3000 },
    );
  });

  it('throws decode errors only, on a valid payload with one byte changed', () => {
    const valid = utf8(
      '{"time":"2026-11-20T10:00:00Z","readings":[{"code":"MDC_ECG_HEART_RATE","value":7.25e1,"unit":"/min"}]}',
    );
    for (let i = 0; i < valid.length; i++) {
      for (const byte of [0, 0x22, 0x2c, 0x5c, 0x7d, 0x80, 0xff]) {
        const changed = valid.slice();
        changed[i] = byte;
        onlyDecodeErrors(changed);
      }
    }
  });

  it('refuses a payload beyond the bound without looking at it', () => {
    expect(() => decodePayload('json', new Uint8Array(256 * 1024 + 1), stamp)).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });

  it('refuses invalid UTF-8', () => {
    expect(() => decodePayload('json', Uint8Array.of(0x22, 0xff, 0x22), stamp)).toThrow(
      expect.objectContaining({ code: 'payload_malformed' }),
    );
  });
});
