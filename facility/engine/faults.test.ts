// The fault table: a crash at each named point, each as "not persisted" and as "persisted anyway", with what must be
// true afterwards. A crash is an exception that nobody handles: everything in memory is dropped, the folder is opened
// anew, and what the clients had not been answered is sent again.
import { checkCheckpoint, FacilityClient, leafHash, parsePolicy, verifyInclusion } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder, LOOPBACK } from '../fixtures/facility.ts';
import { enrol, httpTransport, openStream, type Person, recordWish, sign } from '../fixtures/people.ts';
import { type Facility, initFacility, runFacility } from '../main.ts';
import { ENGINE_POINTS, type EnginePoint } from './engine.ts';

/** Whether what was submitted is in the ledger although its sender was never told. */
const PERSISTED: Readonly<Record<EnginePoint, boolean>> = {
  'block-gathered': false,
  'block-applied': false,
  'block-committed': true,
  'checkpoint-cosigned': true,
  'tiles-written': true,
  'checkpoint-published': true,
};

class Crash extends Error {}

/** A facility that crashes at `point`: from then on every point throws, so that nothing more of it can happen. */
async function runUntilCrash(dir: string, armed: { point: EnginePoint | null }): Promise<Facility> {
  let crashed = false;
  return runFacility({
    dir,
    listen: LOOPBACK,
    at(point) {
      if (crashed || point === armed.point) {
        crashed = true;
        throw new Crash(point);
      }
    },
  });
}

const at = (person: Person, facility: Facility): Person => ({
  ...person,
  client: new FacilityClient(httpTransport(facility.url), facility.origin),
});

describe.each(ENGINE_POINTS)('a crash at %s', (point) => {
  it('loses nothing that was answered and takes nothing twice', () =>
    inTemporaryFolder(async (dir) => {
      await initFacility({ dir });
      const armed: { point: EnginePoint | null } = { point: null };
      let facility = await runUntilCrash(dir, armed);
      const join = (role: 'patient' | 'gateway') =>
        enrol(facility.url, facility.origin, facility.invite({ role }), role);
      const owner = await join('patient');
      let gateway = await join('gateway');
      const stream = await openStream(gateway, owner);
      const answered = [sign(gateway, recordWish(stream))];
      await gateway.client.submit(answered);
      await gateway.client.checkpoint({ min: facility.status().entries, waitSeconds: 5 });
      const before = facility.status();

      armed.point = point;
      const unanswered = [sign(gateway, recordWish(stream)), sign(gateway, recordWish(stream))];
      // The point may be past the answer: then the sender knows, and the crash must not take it back.
      await gateway.client.submit(unanswered).catch(() => {});
      await new Promise((done) => setTimeout(done, 50));
      await facility.stop();

      facility = await runFacility({ dir, listen: LOOPBACK });
      gateway = at(gateway, facility);
      const grown = facility.status().entries - before.entries;
      expect(grown).toBe(PERSISTED[point] ? unanswered.length : 0);
      // Recovered by height: what is committed is published, by the same node, at start.
      expect(facility.status().checkpoint.size).toBe(facility.status().entries);

      const answers = await gateway.client.submit([...answered, ...unanswered]);
      const indices = answers.map((answer) => (answer.kind === 'receipt' ? answer.index : -1));
      expect(indices).toEqual([before.entries - 1, before.entries, before.entries + 1]);
      const size = before.entries + unanswered.length;
      expect(facility.status().entries).toBe(size);

      const note = await gateway.client.checkpoint({ min: size, waitSeconds: 5 });
      const final = checkCheckpoint(note, parsePolicy(facility.policyText));
      for (const [i, entry] of [...answered, ...unanswered].entries()) {
        const index = indices[i] as number;
        const { inclusion } = await gateway.client.prove({ from: 0, index, min: size });
        expect(verifyInclusion(leafHash(entry), index, final.size, final.root, inclusion)).toBe(true);
      }
      await facility.stop();
    }));
});
