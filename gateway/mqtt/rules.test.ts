// The small rules of the broker, each alone: order of acknowledgements, rates, passwords, topics, sessions.
import { utf8 } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../token-bucket.ts';
import { AckQueue, type AckSlot } from './ack-queue.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { LoginThrottle } from './login-throttle.ts';
import { acknowledgement, refusingConnack } from './packets.ts';
import { hashPassword, newPassword, passwordVerifier } from './password.ts';
import { Sessions } from './sessions.ts';
import { formatOfTopic, topicOf } from './topic.ts';

describe('AckQueue', () => {
  it('writes in the order of reservation, whatever the order of settling', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...Array(40).keys()], { minLength: 40 }),
        fc.nat(39),
        async (order, pause) => {
          const written: number[] = [];
          const queue = new AckQueue((bytes) => written.push(...bytes));
          const slots: AckSlot[] = order.map(() => queue.reserve());
          for (const [i, index] of order.entries()) {
            queue.settle(slots[index] as AckSlot, Uint8Array.of(index));
            if (i === pause) await Promise.resolve();
          }
          await Promise.resolve();
          expect(written).toEqual([...Array(40).keys()]);
        },
      ),
    );
  });

  it('writes once for all that settles in one turn, and keeps no old slots', async () => {
    let writes = 0;
    const queue = new AckQueue(() => writes++);
    for (let round = 0; round < 3; round++) {
      const slots = Array.from({ length: 1000 }, () => queue.reserve());
      for (const slot of slots) queue.settle(slot, Uint8Array.of(1));
      await Promise.resolve();
    }
    expect(writes).toBe(3);
  });
});

describe('TokenBucket', () => {
  it('lets the burst through, then the rate', () => {
    const bucket = new TokenBucket(10, 20, 0);
    const taken = (atMs: number) => Array.from({ length: 100 }, () => bucket.take(1, atMs)).filter(Boolean).length;
    expect([taken(0), taken(0), taken(500), taken(60_000), taken(59_000)]).toEqual([20, 0, 5, 20, 0]);
  });

  it('takes more than it holds only when it is full, and then waits for the debt', () => {
    const bucket = new TokenBucket(10, 20, 0);
    expect([bucket.take(100, 0), bucket.take(1, 7000), bucket.take(1, 8200)]).toEqual([true, false, true]);
  });
});

describe('LoginThrottle', () => {
  it('has free failures for each address, forgives slowly, and forgets the oldest', () => {
    const throttle = new LoginThrottle(2);
    expect([1, 2, 3].map(() => throttle.failed('a', 0))).toEqual([false, false, true]);
    expect(throttle.failed('b', 0)).toBe(false);
    expect(throttle.failed('a', 10_000)).toBe(false);
    for (let i = 0; i < 5000; i++) throttle.failed(`address ${i}`, 10_001);
    expect(throttle.failed('a', 10_002)).toBe(false);
  });
});

describe('passwords', () => {
  it('are long, and only the right one is taken', () => {
    const password = newPassword();
    expect(password).toMatch(/^[a-z2-7]{26}$/);
    expect(newPassword()).not.toBe(password);
    const stored = hashPassword(password);
    expect(stored).not.toContain(password);
    expect(hashPassword(password)).not.toBe(stored);
    const verify = passwordVerifier(stored);
    expect([password, `${password}x`, '', password.toUpperCase()].map((text) => verify?.(utf8(text)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it.each(['', 'sha256', 'sha256$$', 'sha256$00$00', `scrypt$${'0'.repeat(32)}$${'0'.repeat(64)}`])(
    'no verifier for %j',
    (stored) => expect(passwordVerifier(stored)).toBeNull(),
  );
});

describe('topics', () => {
  it('are three for a device, and no other', () => {
    expect(topicOf('pump', 'senml-cbor')).toBe('vitalseal/pump/senml-cbor');
    expect(formatOfTopic('vitalseal/pump/json', 'pump', DEFAULT_LIMITS)).toEqual({ format: 'json' });
    for (const topic of [
      'vitalseal/pump/json/',
      '/vitalseal/pump/json',
      'vitalseal/pump2/json',
      'vitalseal/pump/JSON',
      '',
    ]) {
      expect(formatOfTopic(topic, 'pump', DEFAULT_LIMITS)).toEqual({ refused: 'topic_denied' });
    }
    expect(formatOfTopic('a/b/c/d/e/f/g/h/i', 'pump', DEFAULT_LIMITS)).toEqual({ refused: 'topic_too_deep' });
  });
});

describe('Sessions', () => {
  it('keeps the newest, and frees ids on PUBREL once they are safe', () => {
    const sessions = new Sessions(2);
    const session = sessions.open('a', true);
    session.ids.set(1, { state: 'pending', waiters: [] });
    session.release(1);
    expect(session.ids.size).toBe(1);
    session.ids.set(1, { state: 'kept', waiters: [] });
    session.release(1);
    session.release(2);
    expect(session.ids.size).toBe(0);
    sessions.open('b', true);
    expect(sessions.open('a', true)).toBe(session);
    sessions.open('c', true);
    expect(['a', 'b', 'c'].map((id) => sessions.isKept(id))).toEqual([true, false, true]);
  });

  it('gives a new connection no part of a session that was not kept, and is not dropped by an older one', () => {
    const sessions = new Sessions(2);
    const older = sessions.open('a', false);
    const newer = sessions.open('a', true);
    expect(newer).not.toBe(older);
    sessions.drop('a', older);
    expect(sessions.isKept('a')).toBe(true);
    sessions.drop('a');
    expect(sessions.isKept('a')).toBe(false);
  });
});

describe('packets', () => {
  it('are as the specification writes them', () => {
    expect([...acknowledgement(1, 0x1234)]).toEqual([0x40, 2, 0x12, 0x34]);
    expect([...acknowledgement(2, 1, 0x99)]).toEqual([0x50, 3, 0, 1, 0x99]);
    expect([...refusingConnack(4, 5, 0x87)]).toEqual([0x20, 2, 0, 5]);
    expect([...refusingConnack(5, 5, 0x87)]).toEqual([0x20, 3, 0, 0x87, 0]);
  });
});
