// A continuous glucose monitor: a measurement each few minutes of a session, kept and handed out by time offset, every packet
// with its end-to-end checksum (Continuous Glucose Monitoring Service 1.0.2).
import type { Random } from '../../random.ts';
import { glucose } from '../../signals/glucose.ts';
import { PacketBytes } from '../packet-bytes.ts';
import { ATT, AttError, type Characteristic, type Packet, type Peripheral } from '../peripheral.ts';
import { isSealed, sealed } from '../records/crc.ts';
import { RecordAccess, type StoredRecord } from '../records/record-access.ts';
import { Schedule } from '../schedule.ts';
import { sensor } from '../sensor.ts';
import { cgmControlPoint } from './cgm-control-point.ts';
import { DeviceClock } from './current-time.ts';
import type { PeripheralOptions } from './options.ts';

const FLAG = { trend: 0x01, status: 0x80 } as const;
/** Calibration, checksums, trend. */
const FEATURES = 0x00_0001 | 0x00_1000 | 0x00_8000;
/** Interstitial fluid, subcutaneous tissue. */
const SAMPLE = 0x59;
const EVERY_MINUTES = 5;
const MINUTE_MS = 60_000;
const STORED = 12;
const ERROR = { missingCrc: 0x80, invalidCrc: 0x81 } as const;
const SESSION_HOURS = 14 * 24;
const ZONE_UTC = 0;
const STANDARD_TIME = 0;

export function cgm(random: Random, options: PeripheralOptions): Peripheral {
  const level = glucose(random.fork('glucose'));
  const clock = new DeviceClock(options.clockErrorMs);
  const schedule = new Schedule();
  const protection = options.protection ?? 'none';
  const measurement: Characteristic = { uuid: '2AA7', flags: ['notify'], protection };
  const before = options.records ?? STORED;
  let startMs = options.startMs - before * EVERY_MINUTES * MINUTE_MS;
  /** What the session start characteristic says; a collector may set it. */
  let saidStartMs = clock.at(startMs);
  let records: StoredRecord[] = [];
  let last = 0;
  let running = true;

  /** The measurement that is due at this time offset. */
  function store(minutes: number): Omit<Packet, 'characteristic'> {
    const minuteOfDay = Math.floor(startMs / MINUTE_MS + minutes) % 1440;
    const milligrams = Math.round(level(minuteOfDay, EVERY_MINUTES));
    const trend = Math.round(((milligrams - (last || milligrams)) / EVERY_MINUTES) * 10);
    last = milligrams;
    const packet = cgmPacket({ milligrams, minutes, trend });
    records.push({ key: minutes, packets: [{ characteristic: measurement, ...packet }] });
    return packet;
  }
  const nextMinutes = () => (records.at(-1)?.key ?? -EVERY_MINUTES) + EVERY_MINUTES;

  for (let n = 0; n < before; n++) store(nextMinutes());
  // A setting of its rate makes the session's minutes pass faster, so that a test need not wait for five of them.
  schedule.every(EVERY_MINUTES * MINUTE_MS, measurement, () =>
    running && !access.running ? store(nextMinutes()) : null,
  );
  const access = new RecordAccess({
    ...{ schedule, measurement, filtered: true, records: () => records },
    ...(options.shuffles === true && { order: (list) => list.toSorted(() => random.between(-1, 1)) }),
  });
  const sessionStart: Characteristic = {
    uuid: '2AAA',
    flags: ['read', 'write'],
    read: () => sealed(new PacketBytes().dateTime(saidStartMs).u8(ZONE_UTC).u8(STANDARD_TIME).take()),
    // The current time, from which the device works out when the session began.
    write: (bytes, atMs) => {
      if (bytes.length === 9) throw new AttError(ERROR.missingCrc);
      if (bytes.length !== 11) throw new AttError(ATT.invalidLength);
      if (!isSealed(bytes)) throw new AttError(ERROR.invalidCrc);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const [month, day, hour, minute, second] = bytes.subarray(2, 7) as unknown as [number, ...number[]];
      saidStartMs = Date.UTC(view.getUint16(0, true), month - 1, day, hour, minute, second) - (atMs - startMs);
    },
  };
  const minutesSince = (atMs: number) => Math.max(0, Math.floor((atMs - startMs) / MINUTE_MS));
  const read = (uuid: string, value: (atMs: number) => Uint8Array): Characteristic => ({
    ...{ uuid, flags: ['read'] },
    read: (atMs) => sealed(value(atMs)),
  });
  const control = cgmControlPoint(schedule, {
    minutes: () => EVERY_MINUTES,
    start: (atMs) => {
      if (running) return false;
      startMs = atMs;
      saidStartMs = clock.at(atMs);
      records = [];
      running = true;
      return true;
    },
    stop: () => {
      running = false;
    },
  });
  return sensor({
    ...{ kind: 'cgm', model: 'Glucose Sensor', options, schedule },
    services: [
      {
        uuid: '181F',
        characteristics: [
          measurement,
          read('2AA8', () => new PacketBytes().u24(FEATURES).u8(SAMPLE).take()),
          read('2AA9', (atMs) =>
            new PacketBytes()
              .u16(minutesSince(atMs))
              .u8(running ? 0 : 1)
              .u16(0)
              .take(),
          ),
          sessionStart,
          read('2AAB', () => new PacketBytes().u16(SESSION_HOURS).take()),
          control,
          access.characteristic,
        ],
      },
      clock.service(),
    ],
    disconnected: () => access.disconnected(),
  });
}

export interface CgmValues {
  /** mg/dL. */
  readonly milligrams: number;
  /** Since the session started. */
  readonly minutes: number;
  /** Tenths of mg/dL a minute. */
  readonly trend: number;
}

/** CGM Measurement (2AA7) with status, trend and checksum. */
export function cgmPacket({ milligrams, minutes, trend }: CgmValues): Omit<Packet, 'characteristic'> {
  const glucose = { mantissa: milligrams, exponent: 0 };
  const slope = { mantissa: trend, exponent: -1 };
  const fields = new PacketBytes()
    .u8(FLAG.trend | FLAG.status)
    .sfloat(glucose)
    .u16(minutes)
    .u8(0)
    .sfloat(slope)
    .take();
  // The size counts itself and the checksum.
  const bytes = sealed(Uint8Array.of(fields.length + 3, ...fields));
  const readings = [
    { code: 'MDC_CONC_GLU_ISF', unit: 'mg/dL', value: { kind: 'decimal', ...glucose } as const },
    { code: 'glucoseTrend', unit: 'mg/dL/min', value: { kind: 'decimal', ...slope } as const },
  ];
  return { bytes, readings, record: minutes };
}
