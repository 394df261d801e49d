import { BATCH_MAX_READINGS, type CborValue, CONTEXT, decodeCbor, encodeCbor } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextText, namedContext } from './context.ts';

const reading = (value: CborValue) => namedContext(new Map([[CONTEXT.alarm, value]]))?.alarm;

describe('a named context', () => {
  it('has the names of the registry, and numbers for what it does not know', () => {
    const context = new Map<number, CborValue>([
      [CONTEXT.clockOffsetMs, -3_540_000],
      [CONTEXT.stored, true],
      [24, 'later'],
      [2 ** 40, 1],
    ]);
    expect(namedContext(context)).toEqual({ clockOffsetMs: -3_540_000, stored: true, 24: 'later', [2 ** 40]: 1 });
    for (const [name, key] of Object.entries(CONTEXT)) expect(namedContext(new Map([[key, 1]]))).toEqual({ [name]: 1 });
  });

  it('is none where nothing was said', () => {
    expect(namedContext(null)).toBe(null);
    expect(namedContext(new Map())).toBe(null);
  });

  it('is plain data, whatever was said', () => {
    expect(reading(null)).toBe(null);
    expect(reading(2n ** 63n)).toBe('9223372036854775808');
    expect(reading(Uint8Array.of(0, 255))).toBe('00ff');
    expect(reading([1, [Uint8Array.of(1)], new Map([[-1, 'x']])])).toEqual([1, ['01'], { '-1': 'x' }]);
    const poison = reading(new Map([['__proto__', 1]])) as object;
    expect([Object.getPrototypeOf(poison), JSON.stringify(poison)]).toEqual([Object.prototype, '{"__proto__":1}']);
  });

  it('makes what many readings share only once', () => {
    const shared = decodeCbor(encodeCbor(Array.from({ length: 4000 }, () => []))) as CborValue;
    const facts = Array.from({ length: BATCH_MAX_READINGS }, () => reading(shared));
    expect(new Set(facts).size).toBe(1);
  });
});

describe('a context as text', () => {
  it('escapes what steers a terminal, turns text around or hides it', () => {
    const text = '\u001b[2J\u009b\u007f\u202e\u2028\u200b\u{e0041}\ud800 µ 😀';
    expect(contextText({ alarm: text })).toBe(
      '{"alarm":"\\u001b[2J\\u009b\\u007f\\u202e\\u2028\\u200b\\udb40\\udc41\\ud800 µ 😀"}',
    );
  });

  it('is one printable line of JSON that loses nothing', () => {
    const facts = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue().filter(isContextFact));
    fc.assert(
      fc.property(facts, (context) => {
        const text = contextText(context as Parameters<typeof contextText>[0]);
        expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(context));
      }),
    );
  });
});

/** JSON has fractions; a context has none. */
function isContextFact(value: unknown): boolean {
  return !/\d[.e]/i.test(JSON.stringify(value));
}
