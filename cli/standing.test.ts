import type { AgentStatus } from '@vitalseal/agent';
import { expect, it } from 'vitest';
import { tableLines } from './io.ts';
import { standing } from './standing.ts';

const STATUS: AgentStatus = {
  ...{
    running: true,
    state: 'running',
    enrolled: true,
    address: 'vs1x',
    facility: 'http://f',
    link: 'up',
    problem: null,
  },
  ...{ forked: false, evidence: [], checkpoint: { size: 1, root: '' }, spool: { used: 0, limit: 1e9 } },
  ...{ secondsToFull: 93_784, devices: 1, backlog: { readings: 1, batches: 2, bytes: 1500 }, readings: 7, proven: 6 },
  ...{ held: 0, quarantined: 2, duplicates: 0, unacknowledged: 0, unmapped: 1, dropped: 0, refused: 4, batches: 2 },
  ...{ registrations: 1, failing: null, restored: false, ble: [], radio: null },
  gateway: { refused: 3, refused_topic_denied: 2, refused_client_refused: 1, quarantined_payload_malformed: 2 },
};

function lines(status: AgentStatus): string[] {
  return tableLines(standing(status, { data: 'site/agent' }).map((row) => ({ ...row }))).map((line) =>
    line.replace(/ {2,}/g, ' | '),
  );
}

it('says each count in units that people use, with what it means', () => {
  expect(lines(STATUS)).toEqual(
    expect.arrayContaining([
      'backlog | 1 reading, 2 batches, 1.5 kB | not yet proven',
      'time to full | 1 day 2 hours | at the present rate, of 1.0 GB',
      'unmapped | 1 | readings whose code no standard table has: kept under the name that the device gave',
      'checkpoint | 1 entry | in the newest final checkpoint verified here',
    ]),
  );
});

it('says why the broker turned messages away, apart from what the ledger refused', () => {
  const said = lines(STATUS);
  expect(said).toContain('refused | 4 | readings in records that the ledger refused for good');
  expect(said.slice(said.findIndex((line) => line.startsWith('turned away')))).toEqual(
    expect.arrayContaining([
      'turned away | 3 | messages and logins that the broker refused since it started',
      ' | topic_denied | 2 | the topic is not one that this device may use',
      ' | client_refused | 1 | the client is not a known device, or its password is wrong',
    ]),
  );
  expect(said).toContain(' | payload_malformed | 2 | the payload does not decode as its topic says');
  expect(lines({ ...STATUS, running: false, gateway: {} }).join('\n')).not.toContain('turned away');
});

it('explains what is in the way', () => {
  expect(lines({ ...STATUS, problem: 'disk_full' })[1]).toBe(
    'state | running (disk_full) | there is no room on the disk',
  );
});

const DEVICE: AgentStatus['ble'][number] = {
  ...{ device: 'strap-1', state: 'live', address: null, rssi: null, paired: false, lastSeenMs: null },
  ...{ lastReadingMs: null, connections: 1, readings: 1, quarantined: 0, throttled: 0, problem: null, clock: null },
  ...{ manufacturer: null, model: null, firmware: null, battery: null },
};

it('says once what is amiss with the radio, and of the devices only what else is', () => {
  const device = { ...DEVICE, state: 'unseen' as const, problem: 'radio_unavailable' };
  const ble = [device, { ...device, device: 'flood-1', throttled: 3 }];
  const radio = { fault: 'no-adapter' as const, bus: 'unix:path=/bus', adapter: 'hci1', adapters: ['hci0'] };
  const said = lines({ ...STATUS, ble, radio });
  const from = said.indexOf('bluetooth | 0 of 2 | devices with a link now');
  expect(said[from + 1]).toMatch(/^ \| radio \| no-adapter \| there is no adapter hci1, but hci0: /);
  expect(said[from + 2]).toContain('flood-1');
  expect(said.join('\n')).not.toContain('strap-1');
  // As long as nobody looked for it.
  expect(lines({ ...STATUS, ble }).join('\n')).toContain('strap-1 | unseen (radio_unavailable)');
});

it('says of Bluetooth how many are linked, and what is the matter with the others', () => {
  const said = lines({
    ...STATUS,
    ble: [
      DEVICE,
      { ...DEVICE, device: 'meter-1', state: 'waiting', problem: 'pairing_needed' },
      { ...DEVICE, device: 'flood-1', state: 'throttled', throttled: 12 },
    ],
  });
  expect(said).toEqual(
    expect.arrayContaining([
      'bluetooth | 1 of 3 | devices with a link now',
      ' | meter-1 | waiting (pairing_needed) | the device wants to be paired first: npx vitalseal agent devices pair meter-1 --data site/agent',
      ' | flood-1 | throttled | 12 packets not taken: it sends more than allowed',
    ]),
  );
  expect(said.join('\n')).not.toContain('strap-1');
  expect(lines(STATUS).join('\n')).not.toContain('bluetooth');
});
