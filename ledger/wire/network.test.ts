import { describe, expect, it } from 'vitest';
import { VitalsealError } from '../errors.ts';
import { cannotListen, placeText, unanswered, unreachable } from './network.ts';

const failure = (code: unknown) => Object.assign(new Error('connect to a secret'), { code });

describe('a failure of the network', () => {
  it('names the place as it was typed', () => {
    expect([placeText('::1', 1), placeText('[::1]', 1), placeText('a.example', 80)]).toEqual([
      '[::1]:1',
      '[::1]:1',
      'a.example:80',
    ]);
    expect(unanswered('a:1', 2500)).toMatchObject({
      code: 'timed_out',
      message: 'the facility at a:1 did not answer within 2.5 s',
    });
  });

  it.each([
    ['ECONNREFUSED', 'nobody listens there'],
    ['HPE_INVALID_CONSTANT', 'what it answers is not HTTP; it may expect https'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS; it may expect http'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not accepted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not accepted'],
    ['EOTHER', 'the connection failed'],
  ])('says what %s means', (code, words) => {
    expect(unreachable('127.0.0.1:8440', failure(code))).toMatchObject({
      code: 'facility_unreachable',
      message: `the facility at 127.0.0.1:8440 cannot be reached: ${words} (${code})`,
      detail: { reason: code },
    });
  });

  it.each([[undefined], [null], [7], ['a secret\n'], ['x'.repeat(100)]])('repeats no code like %j', (code) => {
    expect(unreachable('a:1', failure(code)).message).toContain('the connection failed (unknown)');
    expect(unreachable('a:1', code).message).not.toContain('secret');
  });

  it('leaves an error of ours as it is', () => {
    const ours = new VitalsealError('answer_invalid');
    expect(unreachable('a:1', ours)).toBe(ours);
  });

  it.each([
    ['EADDRINUSE', 'something listens there already; stop it, or choose another port'],
    ['EOTHER', 'the system refuses it'],
  ])('says why nobody can listen: %s', (code, words) => {
    expect(cannotListen('127.0.0.1', 1883, failure(code))).toMatchObject({
      code: 'cannot_listen',
      message: `cannot listen on 127.0.0.1:1883: ${words} (${code})`,
      detail: { reason: code },
    });
  });
});
