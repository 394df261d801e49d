// A folder that another process has for a moment, for long, or until it answers itself.
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { askOrTakeTurn, takeTurn } from './turn.ts';

/** A lock that is held the first `times` times. */
function heldFor(times: number): () => string {
  let left = times;
  return () => {
    if (left-- > 0) throw new VitalsealError('folder_locked');
    return 'the lock';
  };
}

const never = Number.POSITIVE_INFINITY;
const locked = expect.objectContaining({ code: 'folder_locked' });

describe('a turn', () => {
  it('is waited for while somebody has the folder for a moment', async () => {
    expect(await takeTurn(heldFor(3), async () => false)).toBe('the lock');
  });

  it('is refused at once when somebody runs there, also when that begins meanwhile', async () => {
    let looks = 0;
    await expect(takeTurn(heldFor(never), async () => ++looks === 2)).rejects.toThrowError(locked);
    expect(looks).toBe(2);
  });

  it('is refused after a while, and at once for another failure', async () => {
    await expect(takeTurn(heldFor(never), async () => false, 120)).rejects.toThrowError(locked);
    const broken = () => {
      throw new VitalsealError('store_failed');
    };
    await expect(takeTurn(broken, async () => false)).rejects.toThrowError(
      expect.objectContaining({ code: 'store_failed' }),
    );
  });
});

describe('a short command', () => {
  it('takes the answer of who runs, and the lock when nobody does', async () => {
    expect(await askOrTakeTurn(async () => 'an answer', heldFor(0))).toEqual({ answer: 'an answer' });
    expect(await askOrTakeTurn(async () => undefined, heldFor(0))).toEqual({ lock: 'the lock' });
  });

  it('asks again while the folder is held by who is about to answer', async () => {
    let asked = 0;
    const ask = async () => (++asked > 3 ? 'an answer' : undefined);
    expect(await askOrTakeTurn(ask, heldFor(never))).toEqual({ answer: 'an answer' });
  });

  it('says that the folder is locked when nobody answers, and what the answer says when it is an error', async () => {
    await expect(askOrTakeTurn(async () => undefined, heldFor(never), 120)).rejects.toThrowError(locked);
    let asked = 0;
    const refuse = async () => {
      if (++asked > 1) throw new VitalsealError('not_found');
    };
    await expect(askOrTakeTurn(refuse, heldFor(never))).rejects.toThrowError(
      expect.objectContaining({ code: 'not_found' }),
    );
  });
});
