// What is done with a device once its characteristics are known, in order: its clock, what its values lean on, all
// subscriptions (the control points' among them, before anything is asked of them), what it is, then the stored records of each service, and last what
// makes a health sensor speak. A cuff that has one measurement to tell and hangs up is listened to before it is asked for
// its name.

import { LIVE_OBSERVATIONS, STORED_OBSERVATIONS } from '../../profiles/health-sensor.ts';
import type { GattCharacteristic } from '../radio.ts';
import { STORED } from '../records/services.ts';
import { CLOCKS, SETTABLE } from '../time/wire.ts';
import { COMPANIONS, companionIn } from './companions.ts';

/** A characteristic whose values are taken. */
export interface Subscription {
  readonly handle: string;
  readonly uuid: string;
  readonly service: string;
  readonly role:
    | 'readings'
    /** Record Access Control Point: answers about records. */
    | 'racp'
    /** Another control point: says yes or no, and never a reading. */
    | 'control'
    /** Generic Health Sensor: one observation in several packets. */
    | 'segments';
  /** What its service's RACP reports: each value is a record, live or not. */
  readonly recorded: boolean;
}

export type ReadStep = {
  readonly do: 'read';
  readonly what: 'about' | 'battery' | 'clock' | 'companion';
  readonly handle: string;
  readonly uuid: string;
  readonly service: string;
};

/** The stored records of a service, over its RACP; several effects. */
export type RecordsStep = { readonly do: 'records'; readonly service: string; readonly handle: string };
export type SetClockStep = { readonly do: 'set-clock'; readonly handle: string; readonly uuid: string };

export type WriteStep = {
  readonly do: 'write';
  readonly handle: string;
  readonly uuid: string;
  readonly service: string;
  readonly bytes: Uint8Array;
};

export type PlanStep =
  | ReadStep
  | { readonly do: 'subscribe'; readonly to: Subscription }
  /** The cursors of the device. */
  | { readonly do: 'load' }
  | WriteStep
  | RecordsStep
  | SetClockStep;

/** Characteristics of one UUID that are looked at: two sensors have two, a liar has hundreds. */
const MOST_OF_A_KIND = 8;
const RACP = '2A52';
const BATTERY = '2A19';
/** Device Information: manufacturer, model, firmware. The serial number is nobody's business. */
export const ABOUT: ReadonlyMap<string, 'manufacturer' | 'model' | 'firmware'> = new Map([
  ['2A29', 'manufacturer'],
  ['2A24', 'model'],
  ['2A26', 'firmware'],
] as const);

/** Whose values carry readings. Measurements before their contexts, final values before intermediate ones. */
const READINGS: readonly string[] = [
  '2A35', // Blood Pressure Measurement
  '2A1C', // Temperature Measurement
  '2A9D', // Weight Measurement
  '2A9C', // Body Composition Measurement
  '2A18', // Glucose Measurement
  '2A34', // Glucose Measurement Context
  '2AA7', // CGM Measurement
  '2A5E', // PLX Spot-Check Measurement
  '2A5F', // PLX Continuous Measurement
  '2A37', // Heart Rate Measurement
  '2A36', // Intermediate Cuff Pressure
  '2A1E', // Intermediate Temperature
  BATTERY,
];
/** Live and Stored Health Observations. */
const SEGMENTS: readonly string[] = [LIVE_OBSERVATIONS, STORED_OBSERVATIONS];
/** GHS Control Point: without being asked a health sensor sends no live observations, and with them no stored ones. */
const CONTROL = '2BF4';
const START_LIVE = Uint8Array.of(1);
const STOP_LIVE = Uint8Array.of(2);

/** `aboutKnown`: what the device is was read in an earlier connection; `unread`: companions that links ended at. */
export function planFor(
  table: readonly GattCharacteristic[],
  aboutKnown: boolean,
  unread: ReadonlySet<string> = new Set(),
): readonly PlanStep[] {
  const characteristics = fewOfAKind(table);
  const subscriptions = subscriptionsTo(characteristics);
  const records = subscriptions
    .filter(({ role, service }) => role === 'racp' && subscriptions.some((s) => s.service === service && s.recorded))
    .map(({ service, handle }): RecordsStep => ({ do: 'records', service, handle }));
  const readable = characteristics.filter(({ canRead }) => canRead);
  const reads = (what: ReadStep['what'], uuids: readonly string[]) =>
    readable
      .filter(({ uuid }) => uuids.includes(uuid))
      .map(({ handle, uuid, service }): ReadStep => ({ do: 'read', what, handle, uuid, service }));
  const clocks = reads('clock', CLOCKS).sort((a, b) => CLOCKS.indexOf(a.uuid) - CLOCKS.indexOf(b.uuid));
  return [
    ...clocks.slice(0, 1),
    ...COMPANIONS.filter((uuid) => !unread.has(uuid)).flatMap((uuid) => companionStep(characteristics, uuid) ?? []),
    ...(records.length === 0 ? [] : [{ do: 'load' } as const]),
    ...subscribe(subscriptions.filter(({ uuid }) => uuid !== BATTERY)),
    ...(aboutKnown ? [] : reads('about', [...ABOUT.keys()])),
    ...reads('battery', [BATTERY]),
    // Not before: BlueZ tells whoever is subscribed what somebody read, and it would be a second reading.
    ...subscribe(subscriptions.filter(({ uuid }) => uuid === BATTERY)),
    ...records,
    ...subscriptions.filter(({ role }) => role === 'control').map(startLive),
  ];
}

/** Null where there is none. */
export function companionStep(table: readonly GattCharacteristic[], uuid: string): ReadStep | null {
  const found = companionIn(table, uuid);
  return found && { do: 'read', what: 'companion', handle: found.handle, uuid, service: found.service };
}

/** A service once more while the device is live: its stored records, and its live observations after them. */
export function stepsAnew(
  service: string,
  records: readonly RecordsStep[],
  subscriptions: Iterable<Subscription>,
): readonly PlanStep[] {
  const steps = records.filter((step) => step.service === service);
  const control = [...subscriptions].find((to) => to.role === 'control' && to.service === service);
  if (control === undefined) return steps;
  return steps.length === 0 ? [startLive(control)] : [stopLive(control), ...steps, startLive(control)];
}

function startLive({ handle, uuid, service }: Subscription): WriteStep {
  return { do: 'write', handle, uuid, service, bytes: START_LIVE };
}

function stopLive({ handle, uuid, service }: Subscription): WriteStep {
  return { do: 'write', handle, uuid, service, bytes: STOP_LIVE };
}

/** Whether it tells live what it stores, and would have to stop for telling the rest. */
export function speaksLive(service: string, subscriptions: Iterable<Subscription>): boolean {
  const roles = [...subscriptions].filter((to) => to.service === service && !to.recorded).map(({ role }) => role);
  return roles.includes('control') && roles.includes('segments');
}

function fewOfAKind(table: readonly GattCharacteristic[]): readonly GattCharacteristic[] {
  const seen = new Map<string, number>();
  return table.filter(({ uuid }) => {
    const count = (seen.get(uuid) ?? 0) + 1;
    seen.set(uuid, count);
    return count <= MOST_OF_A_KIND;
  });
}

function subscribe(subscriptions: readonly Subscription[]): readonly PlanStep[] {
  return subscriptions.map((to) => ({ do: 'subscribe', to }));
}

function subscriptionsTo(characteristics: readonly GattCharacteristic[]): readonly Subscription[] {
  const open = characteristics.filter(({ canSubscribe }) => canSubscribe);
  const of = (uuids: readonly string[], role: Subscription['role']) =>
    uuids.flatMap((wanted) =>
      open
        .filter(({ uuid }) => uuid === wanted)
        .map(({ handle, uuid, service }): Subscription => {
          const stored = STORED.get(service)?.uuids.includes(uuid) === true;
          const recorded = stored && open.some((c) => c.service === service && c.uuid === RACP);
          return { handle, uuid, service, role, recorded };
        }),
    );
  return [
    ...of([RACP], 'racp').filter(({ service }) => STORED.has(service)),
    ...of([CONTROL], 'control'),
    ...of(READINGS, 'readings'),
    ...of(SEGMENTS, 'segments'),
  ];
}

/** The characteristic that sets the clock which was read, if it may be written and we know how. */
export function clockSetter(characteristics: readonly GattCharacteristic[], uuid: string): SetClockStep | null {
  const found = SETTABLE.has(uuid) ? characteristics.find((c) => c.uuid === uuid && c.canWrite) : undefined;
  return found === undefined ? null : { do: 'set-clock', handle: found.handle, uuid };
}
