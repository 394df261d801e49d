// A store that cannot be believed decides nothing: no entry is refused because of it, in any node's name.
import { join } from 'node:path';
import { FacilityClient, isVitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { LOOPBACK, withFacility } from '../fixtures/facility.ts';
import { httpTransport, openStream, recordWish, sign } from '../fixtures/people.ts';
import { runFacility } from '../main.ts';

describe('an entry whose verdict needs a damaged row', () => {
  it.each(['epoch', 'user', 'signer'])('of kind %s is not refused: the request fails, and may be repeated', (kind) =>
    withFacility(async ({ dir, facility, enrol }) => {
      const owner = await enrol('patient');
      const gateway = await enrol('gateway');
      const entry = sign(gateway, recordWish(await openStream(gateway, owner)));
      await facility.stop();
      const database = new Database(join(dir, 'ledger.db'));
      database.prepare('UPDATE state SET value = ? WHERE kind = ?').run(Buffer.of(0xff, 1, 2), kind);
      database.close();
      const damaged = await runFacility({ dir, listen: LOOPBACK });
      try {
        const client = new FacilityClient(httpTransport(damaged.url), damaged.origin);
        const answer = await client.submit([entry]).catch((error: unknown) => error);
        expect(isVitalsealError(answer) ? answer.code : answer).toBe('store_damaged');
      } finally {
        await damaged.stop();
      }
    }),
  );
});
