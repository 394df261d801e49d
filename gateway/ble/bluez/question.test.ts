import { describe, expect, it } from 'vitest';
import { answerOf, questionOf, YES } from './question.ts';

const DEVICE = '/org/bluez/hci0/dev_C0_26_DA_01_02_03';

describe('questions of a pairing', () => {
  it.each([
    ['RequestConfirmation', [DEVICE, 42], { kind: 'confirm', passkey: '000042' }],
    ['RequestPasskey', [DEVICE], { kind: 'enter-passkey' }],
    ['RequestPinCode', [DEVICE], { kind: 'enter-pin' }],
    ['DisplayPasskey', [DEVICE, 123456, 2], { kind: 'show-passkey', passkey: '123456' }],
    ['DisplayPinCode', [DEVICE, '0000'], { kind: 'show-passkey', passkey: '0000' }],
    ['RequestAuthorization', [DEVICE], { kind: 'authorize' }],
    ['AuthorizeService', [DEVICE, 'uuid'], 'accept'],
    ['Introspect', [], null],
  ])('%s', (member, body, question) => {
    expect(questionOf(member, body)).toEqual(question);
  });

  it.each([
    [{ kind: 'confirm', passkey: '000042' }, true, YES],
    [{ kind: 'confirm', passkey: '000042' }, false, null],
    [{ kind: 'confirm', passkey: '000042' }, 'true', null],
    [{ kind: 'authorize' }, true, YES],
    [{ kind: 'authorize' }, null, null],
    [{ kind: 'enter-passkey' }, '000042', { signature: 'u', body: [42] }],
    [{ kind: 'enter-passkey' }, '1000000', null],
    [{ kind: 'enter-passkey' }, '-1', null],
    [{ kind: 'enter-passkey' }, true, null],
    [{ kind: 'enter-pin' }, '0000', { signature: 's', body: ['0000'] }],
    [{ kind: 'enter-pin' }, 'x'.repeat(17), null],
    [{ kind: 'enter-pin' }, 'a\u0000', null],
    [{ kind: 'show-passkey', passkey: '1' }, null, YES],
  ] as const)('%j answered %j', (question, said, answer) => {
    expect(answerOf(question, said)).toEqual(answer);
  });
});
