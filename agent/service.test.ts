import { VitalsealError } from '@vitalseal/ledger';
import { expect, it } from 'vitest';
import { AgentService, type ServiceParts } from './service.ts';

const NOTHING = { checkpoint: null, evidence: null };

/** An agent to which a reading comes at every look, also while its batches close; the first ten are proven at that look. */
function service(provenAtLook: number) {
  let [flushes, looks] = [0, 0];
  const vault = {
    async flush() {
      flushes++;
      looks++;
    },
    pending: async () => [{}],
    meta: async (key: keyof typeof NOTHING) => NOTHING[key] ?? null,
    async status() {
      looks++;
      const [readings, proven] = [9 + looks, looks >= provenAtLook ? 10 : 0];
      const backlog = { readings: readings - proven, batches: proven > 0 ? 0 : flushes, bytes: 0 };
      return { readings, proven, batches: flushes, backlog, held: 0, dropped: 0, refused: 0, failing: null, spool: {} };
    },
  };
  const live = { sync: { state: { phase: 'idle', problem: null } }, owners: null, inputs: null };
  const parts = {
    vault,
    identity: null,
    client: null,
    facility: null,
    devices: { list: () => [], ble: { list: () => [] } },
    live: () => live,
  };
  return { service: new AgentService(parts as unknown as ServiceParts), flushes: () => flushes };
}

it('flushes once, and waits for what was there then, whatever comes meanwhile', async () => {
  const { service: agent, flushes } = service(3);
  expect(await agent.flush()).toMatchObject({ proven: 10 });
  expect(flushes()).toBe(1);
});

it('does not wait for what came while the batches closed', async () => {
  // The eleventh reading is there when the flush returns, and in no batch.
  const { service: agent } = service(4);
  expect(await agent.flush(1000)).toMatchObject({ proven: 10, backlog: { batches: 0 } });
});

it('gives up waiting in time, and says how it stands', async () => {
  const { service: agent, flushes } = service(Number.POSITIVE_INFINITY);
  expect(await agent.flush(1)).toMatchObject({ proven: 0 });
  expect(flushes()).toBe(1);
});

it('takes a record by a beginning that only one has', async () => {
  const ids = ['aabb00', 'aabb11', 'ccdd00'].map((begin) => begin.padEnd(32, '0'));
  const rows = ids.map((id) => ({
    recordId: Buffer.from(id, 'hex'),
    interval: { start: 0, end: 300 },
    state: 'sealed',
  }));
  const vault = {
    records: async ({ recordId }: { recordId?: Uint8Array } = {}) =>
      recordId === undefined ? rows : rows.filter((row) => row.recordId.equals(recordId)),
    ownLeaves: async () => ({ leaves: new Uint8Array(0), proven: 0 }),
  };
  const client = {
    ownerRecords: async () => {
      throw new VitalsealError('facility_unreachable');
    },
  };
  const identity = { enrolment: { chain: [] }, owner: new Uint8Array(20) };
  const devices = { assignments: () => new Map() };
  const agent = new AgentService({ vault, client, identity, devices } as unknown as ServiceParts);
  const codeOf = (record: string) => agent.proof(record).then(String, (error: VitalsealError) => error.message);
  expect(await codeOf('aab')).toBe('a record is named by 4 to 32 hex digits');
  expect(await codeOf('aabb')).toBe('several records begin like that');
  expect(await codeOf('abcd')).toBe(
    'no record of this gateway begins like that here, and the facility cannot be asked',
  );
  expect(await codeOf('CCDD')).toBe('the record is sealed: it is not in the ledger');
});
