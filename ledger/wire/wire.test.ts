import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, utf8 } from '../encoding/bytes.ts';
import { encodeCbor } from '../encoding/cbor.ts';
import {
  BODY_EXAMPLES,
  facility,
  ORIGIN,
  patient,
  person,
  registerBody,
  rotateBody,
} from '../entries/people.testing.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { formatExample, formatExampleBytes } from '../format-example.testing.ts';
import { openAnswer, signReceipt, signRefusal } from './answer.ts';
import { formatInvite, inviteMac, parseInvite, rotationMac } from './invite.ts';
import { MESSAGES } from './messages.ts';
import { encodeProblem, problemOf } from './problem.ts';
import { checkRequest, REQUEST_TOLERANCE, signRequest } from './request.ts';

const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};
const h = (n: number) => new Uint8Array(32).fill(n);
const NOW = 1_795_255_600;

describe('receipts and refusals', () => {
  const receipt = { origin: ORIGIN, leaf: h(0x33), index: 41, time: NOW };
  const refusal = { origin: ORIGIN, leaf: h(0x33), code: 'seq_gap' as const, retry: true, time: NOW };

  it('are the example of FORMATS.md, and come back', () => {
    const bytes = signReceipt(receipt, facility.key);
    expect(toHex(bytes)).toBe(toHex(formatExampleBytes('receipt')));
    expect(openAnswer(bytes)).toEqual({ kind: 'receipt', ...receipt, kid: facility.key.publicKey, bytes });
    expect(openAnswer(signRefusal(refusal, facility.key))).toMatchObject({ kind: 'refusal', ...refusal });
  });

  it('a code of a later version is read as refused, with its retry', () => {
    const bytes = signRefusal({ ...refusal, code: 'moon_phase' as never }, facility.key);
    expect(openAnswer(bytes)).toMatchObject({ kind: 'refusal', code: 'refused', retry: true });
  });

  it('refuse every changed byte', () => {
    const bytes = signReceipt(receipt, facility.key);
    for (let at = 0; at < bytes.length; at++) {
      const bad = bytes.map((b, i) => (i === at ? b ^ 1 : b));
      expect(code(() => openAnswer(bad))).toBe('receipt_invalid');
    }
  });
});

describe('signed requests', () => {
  const path = `/v1/epochs/${'e0'.repeat(32)}/envelope`;
  const none = new Uint8Array(0);
  const header = signRequest('GET', path, none, patient.key, ORIGIN, NOW);
  const received = { method: 'GET', path, body: none, origin: ORIGIN, nowSeconds: NOW };

  it('are the example of FORMATS.md, and name the key that asks', () => {
    expect(header).toBe(formatExample('request'));
    expect(checkRequest(header, received)).toEqual({ kid: patient.key.publicKey, time: NOW });
  });

  it('are good for this very request only', () => {
    for (const other of [{ method: 'PUT' }, { path: `${path}s` }, { body: utf8('x') }, { origin: 'other' }]) {
      expect(code(() => checkRequest(header, { ...received, ...other }))).toBe('request_unauthorised');
    }
    for (const text of [
      undefined,
      '',
      'Bearer x',
      'Vitalseal ',
      'Vitalseal !',
      `${header}A`,
      `Vitalseal ${'A'.repeat(4000)}`,
    ]) {
      expect(code(() => checkRequest(text, received))).toBe('request_unauthorised');
    }
  });

  it('are good for a few minutes', () => {
    const at = (seconds: number) => code(() => checkRequest(header, { ...received, nowSeconds: NOW + seconds }));
    expect([at(REQUEST_TOLERANCE), at(-REQUEST_TOLERANCE)]).toEqual(['accepted', 'accepted']);
    expect([at(REQUEST_TOLERANCE + 1), at(-REQUEST_TOLERANCE - 1)]).toEqual(['request_expired', 'request_expired']);
  });

  it('refuse anything else without another error', () => {
    fc.assert(
      fc.property(fc.base64String({ maxLength: 300 }), (text) => {
        expect(code(() => checkRequest(`Vitalseal ${text}`, received))).toBe('request_unauthorised');
      }),
    );
  });
});

describe('invites', () => {
  const invite = {
    id: new Uint8Array(8).fill(1),
    secret: new Uint8Array(16).fill(2),
    policyHash: new Uint8Array(16).fill(3),
  };

  it('are the example of FORMATS.md, and come back', () => {
    expect(formatInvite(invite)).toBe(formatExample('invite'));
    expect(parseInvite(formatExample('invite'))).toEqual(invite);
  });

  it('do not come back from anything else, and no message repeats them', () => {
    const text = formatExample('invite');
    for (const bad of [
      text.slice(1),
      `${text}q`,
      text.replace('z', 'x'),
      '',
      'vs1x36slx9at870e9rd53d2405n80s4ff94sp6kwk',
    ]) {
      expect(code(() => parseInvite(bad))).toBe('invite_invalid');
    }
    expect(() => parseInvite(text.slice(1))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('qyqszq') }),
    );
  });

  it('make a MAC over what is registered, which nobody without the secret can change', () => {
    const { voucher, ...body } = registerBody(patient);
    const mac = toHex(inviteMac(invite.secret, body));
    expect(toHex(inviteMac(invite.secret, { ...body, role: 'doctor' }))).not.toBe(mac);
    expect(toHex(inviteMac(invite.id, body))).not.toBe(mac);
    // The voucher is not part of it.
    expect(toHex(inviteMac(invite.secret, registerBody(patient)))).toBe(mac);
    const rotate = rotateBody(patient, person(6, 'patient'));
    expect(toHex(rotationMac(invite.secret, rotate))).not.toBe(
      toHex(rotationMac(invite.secret, { ...rotate, authority: 'registrar' })),
    );
  });
});

describe('messages', () => {
  const { voucher, ...unvouched } = registerBody(patient);
  const examples: { [K in keyof typeof MESSAGES]: ReturnType<(typeof MESSAGES)[K]['decode']> } = {
    submission: [utf8('entry')],
    answers: [utf8('answer')],
    entries: [{ index: 7, entry: utf8('entry') }],
    signer: { seq: 2, history: h(0x11), newestIndex: 7, newestEntry: Uint8Array.of(0xd2, 0x84) },
    leaves: [{ index: 7, leaf: h(1) }],
    prove: { checkpoint: 'origin\n7\nroot\n\n— key sig\n', consistency: [h(1)], inclusion: [] },
    vouch: { inviteId: new Uint8Array(8), mac: h(2), body: unvouched },
    vouched: voucher,
    delegation: { owner: patient.address, end: false },
    rotation: { inviteId: new Uint8Array(8), mac: h(2), body: BODY_EXAMPLES['key.rotate'] },
  };
  const names = Object.keys(MESSAGES) as (keyof typeof MESSAGES)[];
  const requests = ['submission', 'vouch', 'delegation', 'rotation'];

  it.each(names)('%s goes there and back, and nothing else is taken for it', (name) => {
    const message = MESSAGES[name] as { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown };
    const bytes = message.encode(examples[name]);
    expect(message.decode(bytes)).toEqual(examples[name]);
    const expected = requests.includes(name) ? 'request_invalid' : 'answer_invalid';
    for (const other of [
      concat(bytes, Uint8Array.of(0)),
      bytes.subarray(1),
      encodeCbor(null),
      encodeCbor([1]),
      encodeCbor(new Map([[1, 1]])),
    ]) {
      expect(code(() => message.decode(other))).toBe(expected);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50, minLength: 2 }), (garbage) => {
        expect(code(() => message.decode(garbage))).toMatch(/_invalid$|accepted/);
      }),
    );
  });

  it('signer is the example of FORMATS.md', () => {
    expect(MESSAGES.signer.encode(examples.signer)).toEqual(formatExampleBytes('signer'));
  });

  it('are bounded', () => {
    const many = encodeCbor(Array.from({ length: 65 }, () => utf8('entry')));
    expect(code(() => MESSAGES.submission.decode(many))).toBe('request_invalid');
    expect(code(() => MESSAGES.submission.decode(encodeCbor([new Uint8Array(60_001)])))).toBe('request_invalid');
    const leaves = Array.from({ length: 1024 }, (_, index) => ({ index, leaf: h(1) }));
    expect(MESSAGES.leaves.decode(MESSAGES.leaves.encode(leaves)).length).toBe(1024);
    const hollow = encodeCbor(Array.from({ length: 5000 }, () => []));
    for (const message of Object.values(MESSAGES)) expect(() => message.decode(hollow)).toThrow('items');
  });
});

describe('problems', () => {
  it('are the example of FORMATS.md, and come back as the error they are', () => {
    const bytes = encodeProblem('seq_gap', new VitalsealError('seq_gap').message);
    expect(bytes).toEqual(formatExampleBytes('problem'));
    expect(problemOf(409, bytes)).toMatchObject({ code: 'seq_gap', detail: { status: 409 } });
    expect(problemOf(401, encodeProblem('request_expired', '', NOW)).detail).toEqual({ status: 401, timeSeconds: NOW });
  });

  it('say by their status what their body does not', () => {
    expect(problemOf(404, utf8('<html>')).code).toBe('not_found');
    expect(problemOf(503, new Uint8Array()).code).toBe('facility_busy');
    expect(problemOf(301, new Uint8Array()).code).toBe('answer_invalid');
    expect(problemOf(500, new Uint8Array(1 << 20)).code).toBe('answer_invalid');
    expect(
      problemOf(
        400,
        encodeCbor(
          new Map<number, string>([
            [1, 'moon_phase'],
            [2, 'x'],
          ]),
        ),
      ).code,
    ).toBe('answer_invalid');
  });

  it('show a stranger’s message cut and without control characters', () => {
    const bytes = encodeCbor(
      new Map<number, string>([
        [1, 'internal'],
        [2, `\u001b[2J${'x'.repeat(1000)}`],
      ]),
    );
    const { message } = problemOf(500, bytes);
    expect(message).toMatch(/^ \[2Jx+$/);
    expect(message.length).toBe(300);
  });
});
