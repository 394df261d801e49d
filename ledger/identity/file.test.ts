import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isVitalsealError, type VitalsealError } from '../errors.ts';
import { formatExample } from '../format-example.testing.ts';
import { generateRecipientKey, recipientOf } from '../sealing/recipient.ts';
import { formatIdentity, type IdentityFile, parseIdentity } from './file.ts';

let file: IdentityFile;
let text: string;

beforeAll(async () => {
  file = {
    address: new Uint8Array(20).fill(7),
    origin: 'vitalseal.org/solo/vs1example',
    policy: new Uint8Array(32).fill(8),
    signingKey: new Uint8Array(32).fill(9),
    ...(await generateRecipientKey()),
  };
  text = formatIdentity(file);
});

function fault(changed: string): string {
  try {
    parseIdentity(changed);
  } catch (error) {
    expect(isVitalsealError(error, 'identity_file_invalid')).toBe(true);
    return (error as VitalsealError).message;
  }
  return 'none';
}

const line = (n: number, with_: string) =>
  text
    .split('\n')
    .map((each, i) => (i + 1 === n ? with_ : each))
    .join('\n');

describe('identity files', () => {
  it('come back', () => {
    expect(parseIdentity(text)).toEqual(file);
    expect(parseIdentity(`${text.replaceAll('\n', '\r\n')}# a note\r\n\r\n`)).toEqual(file);
  });

  it('are as FORMATS.md shows', async () => {
    const shown = formatExample('identity');
    const parsed = parseIdentity(
      `${shown.replace(/age1pq1\S+…/, await recipientOf(shown.split('\n').at(-1) as string))}\n`,
    );
    expect(parsed.origin).toContain('vitalseal.org/solo/vs1');
    const again = formatIdentity(parsed).trimEnd();
    expect(again.replace(/(age1pq1\S{8})\S+/, '$1…')).toBe(shown);
  });

  it('name the line of a fault, and never its content', () => {
    expect(fault('')).toMatch(/^line 1: expected "# vitalseal identity v1"$/);
    expect(fault(line(2, '# address: vs1nonsense'))).toBe('line 2: address: expected an address, vs1…');
    expect(fault(line(3, '# origin: with space'))).toMatch(/^line 3: origin/);
    expect(fault(line(3, '# origin: a+b'))).toMatch(/^line 3: origin/);
    expect(fault(line(3, `# origin: ${'x'.repeat(201)}`))).toMatch(/^line 3: origin/);
    expect(fault(line(3, `# origin: ${'x'.repeat(200)}`))).toBe('none');
    expect(fault(line(4, '# policy: 00'))).toBe('line 4: policy: expected 64 hex digits');
    expect(fault(line(5, `# signing-key: ${'z'.repeat(64)}`))).toBe('line 5: signing-key: expected 64 hex digits');
    expect(fault(line(6, '# recipient: age1pq1x'))).toMatch(/^line 6: recipient/);
    expect(fault(line(7, 'AGE-SECRET-KEY-1QQQ'))).toMatch(/^line 7: expected an age identity/);
    expect(fault(line(3, '# nothing'))).toBe('line 8: there is no "# origin: …" line');
    expect(fault(line(7, ''))).toMatch(/there is no age identity$/);
    expect(fault(`${text}${file.identity}`)).toBe('line 8: a second age identity');
    expect(fault(`${text}# origin: other`)).toBe('line 8: a second "origin"');
    expect(fault(`${text}${'\n'.repeat(200)}`)).toMatch(/at most 100 lines/);
    expect(fault(text + 'x'.repeat(20_000))).toMatch(/at most 16 KiB/);
  });

  it('throw nothing else on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (any, at) => {
        fault(any);
        const place = at % text.length;
        fault(text.slice(0, place) + any + text.slice(place));
      }),
    );
  });

  it('are not written with an origin that would begin another line', () => {
    expect(() => formatIdentity({ ...file, origin: 'a\n# policy: b' })).toThrow(
      expect.objectContaining({ code: 'identity_file_invalid' }),
    );
  });
});
