// The moments of a batch: everything that the readings of one message share (times, clock, group), written once.
// Equipment that sends each second costs a few bits a moment after deflate.
import { checkCount, checkName, checkNumber, NAME_BYTES, NUMBER_LIMIT } from './bounds.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { columnCosts, readColumn, writeColumn } from './column.ts';
import { type DeviceTime, formatDeviceTime, parseDeviceTime, TIME_FORM } from './device-time.ts';
import { CLOCK_QUALITIES, type ClockQuality, type Reading } from './reading.ts';

export interface Moment {
  readonly deviceTime: string | null;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly clock: ClockQuality;
  readonly group: number;
}

/** True when the reading belongs to the moment. */
export function sameMoment(moment: Moment, reading: Reading): boolean {
  return (
    moment.wallMs === reading.wallMs &&
    moment.monotonicMs === reading.monotonicMs &&
    moment.group === reading.group &&
    moment.clock === reading.clock &&
    moment.deviceTime === reading.deviceTime
  );
}

/** Throws `reading_invalid` unless the moment's parts are within bounds. */
export function checkMoment({ wallMs, monotonicMs, group, clock, deviceTime }: Moment): void {
  checkNumber(wallMs, 'wall time');
  checkNumber(monotonicMs, 'monotonic time');
  checkCount(group, 'group');
  checkCount(CLOCK_QUALITIES.indexOf(clock), 'clock');
  if (deviceTime !== null) checkName(deviceTime, 'device time');
}

/** Heads (form of the device time × 3 + clock), then columns: wall, monotonic less wall, group, device time; then texts. */
export function writeMoments(out: ByteWriter, moments: readonly Moment[]): void {
  const times = moments.map(({ deviceTime }) => parseDeviceTime(deviceTime));
  const isos = times.map(({ ms }, i) => ({ ms, i })).filter(({ i }) => isIso(times[i] as DeviceTime));
  const own = isos.map(({ ms }) => ms);
  const lag = isos.map(({ ms, i }) => ms - (moments[i] as Moment).wallMs);
  // One steady clock is cheapest by itself; many interleaved ones are cheapest beside the gateway's.
  const beside = Math.min(...columnCosts(lag)) < Math.min(...columnCosts(own));
  out.unsigned(moments.length);
  out.byte(beside ? 1 : 0);
  for (let i = 0; i < moments.length; i++) {
    out.byte((times[i] as DeviceTime).form * 3 + CLOCK_QUALITIES.indexOf((moments[i] as Moment).clock));
  }
  const wall = moments.map(({ wallMs }) => wallMs);
  writeColumn(out, wall);
  const offset = moments.map(({ monotonicMs, wallMs }) => monotonicMs - wallMs);
  writeColumn(out, offset);
  const group = moments.map((moment) => moment.group);
  writeColumn(out, group);
  writeColumn(out, beside ? lag : own);
  for (let i = 0; i < moments.length; i++) {
    if (times[i]?.form === TIME_FORM.text) out.text((moments[i] as Moment).deviceTime as string);
  }
}

/** At most `most` moments. The reader's code is thrown for anything that is not what writeMoments writes. */
export function readMoments(from: ByteReader, most: number): Moment[] {
  const count = from.bounded(most, 'moments');
  const beside = from.bounded(1, 'a flag') === 1;
  const heads = from.raw(count);
  const wall = readColumn(from, count);
  const offset = readColumn(from, count);
  const group = readColumn(from, count);
  const isos = heads.reduce((sum, head) => sum + (isIso({ form: Math.floor(head / 3) }) ? 1 : 0), 0);
  const device = readColumn(from, isos);
  const moments: Moment[] = [];
  for (let i = 0, next = 0; i < count; i++) {
    const head = heads[i] as number;
    if (head > 11) from.fail('an unknown form of time');
    const form = Math.floor(head / 3);
    const wallMs = within(from, wall[i] as number);
    let deviceTime: string | null = null;
    if (isIso({ form })) {
      const ms = (device[next++] as number) + (beside ? wallMs : 0);
      deviceTime = formatDeviceTime(form, ms) ?? from.fail('a device time out of bounds');
    } else if (form === TIME_FORM.text) deviceTime = from.text(NAME_BYTES);
    const monotonicMs = within(from, wallMs + (offset[i] as number));
    if ((group[i] as number) < 0) from.fail('a group out of bounds');
    const clock = CLOCK_QUALITIES[head % 3] as ClockQuality;
    moments.push({ deviceTime, wallMs, monotonicMs, clock, group: within(from, group[i] as number) });
  }
  return moments;
}

function isIso({ form }: { readonly form: number }): boolean {
  return form === TIME_FORM.milliseconds || form === TIME_FORM.seconds;
}

function within(from: ByteReader, value: number): number {
  if (value >= NUMBER_LIMIT || value <= -NUMBER_LIMIT) from.fail('a time or number out of bounds');
  return value;
}
