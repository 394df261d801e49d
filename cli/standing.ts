// What `agent status` shows in words: each count with what it means, and why messages were turned away. Names that a count has in
// the JSON stay as they are; what the broker refused is called otherwise, since `refused` is what the ledger refused.
import { type AgentStatus, radioWords } from '@vitalseal/agent';
import { ERRORS, isErrorCode } from '@vitalseal/ledger';
import { type Common, typed } from './commands/agent-folder.ts';
import { counted, lasting, sized } from './wording.ts';

export interface StandingRow {
  readonly what: string;
  readonly is: string;
  readonly meaning: string;
}

type BleStatus = AgentStatus['ble'][number];
type Folder = Pick<Common, 'data'>;

/** Rows of a table, the most important first. `folder` is whose the commands are that it names. */
export function standing(now: AgentStatus, folder: Folder): StandingRow[] {
  const { readings, batches, bytes } = now.backlog;
  const backlog = `${counted(readings, 'reading')}, ${counted(batches, 'batch', 'batches')}, ${sized(bytes)}`;
  return [
    row('state', now.problem === null ? now.state : `${now.state} (${now.problem})`, meaningOf(now.problem)),
    row('facility', now.facility ?? 'none', now.facility === null ? 'not enrolled' : `link ${now.link}`),
    row('readings', now.readings, 'durable and encrypted on the gateway, then acknowledged'),
    row('proven', now.proven, 'of them in the ledger, verified: 32 bytes a record remain here'),
    row('backlog', backlog, 'not yet proven'),
    row(
      'time to full',
      now.secondsToFull === null ? 'not filling' : lasting(now.secondsToFull),
      `at the present rate, of ${sized(now.spool.limit)}`,
    ),
    ...bluetooth(now, folder),
    row('held', now.held, 'readings of devices that are assigned to nobody'),
    row('quarantined', now.quarantined, 'messages that could not be decoded'),
    ...byCode(now.gateway, 'quarantined'),
    row('duplicates', now.duplicates, 'messages that came again and were kept once'),
    row('unacknowledged', now.unacknowledged, 'readings by QoS 0: no device was told that they are safe'),
    row(
      'unmapped',
      now.unmapped,
      'readings whose code no standard table has: kept under the name that the device gave',
    ),
    row('dropped', now.dropped, 'readings lost to a full spool, which the ledger is told'),
    row('refused', now.refused, 'readings in records that the ledger refused for good'),
    ...(now.running
      ? [
          row('turned away', now.gateway.refused ?? 0, 'messages and logins that the broker refused since it started'),
          ...byCode(now.gateway, 'refused'),
          row('not kept', now.gateway.failed ?? 0, 'messages that could not be stored, so not acknowledged'),
          ...byCode(now.gateway, 'failed'),
        ]
      : []),
    row('checkpoint', counted(now.checkpoint.size, 'entry', 'entries'), 'in the newest final checkpoint verified here'),
  ];
}

const LINKED: ReadonlySet<string> = new Set(['pairing', 'subscribing', 'stored-records', 'live']);

/** How many have a link, and then only those with which something is the matter: the radio that they share, once. */
function bluetooth({ ble: devices, radio = null }: AgentStatus, folder: Folder): StandingRow[] {
  if (devices.length === 0) return [];
  const linked = devices.filter(({ state }) => LINKED.has(state)).length;
  const isOwn = (problem: string | null) => problem !== null && (radio === null || problem !== 'radio_unavailable');
  const trouble = devices.filter(
    ({ problem, state, throttled }) => isOwn(problem) || state === 'throttled' || throttled > 0,
  );
  return [
    row('bluetooth', `${linked} of ${devices.length}`, 'devices with a link now'),
    ...(radio === null ? [] : [row('  radio', radio.fault, radioWords(radio))]),
    ...trouble.map((status) => {
      const { device, throttled } = status;
      const floods = throttled > 0 ? `, ${counted(throttled, 'packet')} not taken: it sends more than allowed` : '';
      return row(`  ${device}`, stateWords(status), `${deviceTrouble(status, folder)}${floods}`.replace(/^, /, ''));
    }),
  ];
}

/** A device's state, and the code of what is the matter with it. */
export function stateWords({ state, problem }: Pick<BleStatus, 'state' | 'problem'>): string {
  return problem === null ? state : `${state} (${problem})`;
}

/** Whether it waits for a person to pair it. */
export function wantsPairing({ problem }: Pick<BleStatus, 'problem'>): boolean {
  return problem === 'pairing_needed' || problem === 'pairing_failed';
}

/** What is the matter with a device, and what a person does about it; empty for nothing. */
export function deviceTrouble(status: Pick<BleStatus, 'device' | 'problem'>, folder: Folder): string {
  const what = meaningOf(status.problem);
  return wantsPairing(status) ? `${what}: ${typed(`devices pair ${status.device}`, folder)}` : what;
}

function row(what: string, is: string | number, meaning: string): StandingRow {
  return { what, is: String(is), meaning };
}

/** The broker's counts `OUTCOME_CODE`, the code with its meaning. */
function byCode(counts: Readonly<Record<string, number>>, outcome: string): StandingRow[] {
  return Object.entries(counts).flatMap(([name, count]) => {
    const code = name.startsWith(`${outcome}_`) ? name.slice(outcome.length + 1) : null;
    return isErrorCode(code) ? [row(`  ${code}`, count, ERRORS[code].meaning)] : [];
  });
}

function meaningOf(problem: string | null): string {
  return isErrorCode(problem) ? ERRORS[problem].meaning : '';
}
