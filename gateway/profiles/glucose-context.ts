// Glucose Measurement Context (2A34): meal, insulin, exercise and health around the glucose with the same sequence
// number. Everything in it is a reading, so that it reaches whoever reads the glucose. Layout: Glucose Service 1.0.1.
import { type Value, VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { hasBit, knownFlags, nameOf } from './bits.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, oneMeasurement } from './decoded.ts';
import { readSfloat } from './float.ts';
import { decimal, measured } from './measured.ts';
import { Packet } from './packet.ts';

const CARBOHYDRATE = { 1: 'breakfast', 2: 'lunch', 3: 'dinner', 4: 'snack', 5: 'drink', 6: 'supper', 7: 'brunch' };
const MEAL = { 1: 'preprandial', 2: 'postprandial', 3: 'fasting', 4: 'casual', 5: 'bedtime' };
const TESTER = { 1: 'self', 2: 'professional', 3: 'lab', 15: 'notAvailable' };
const HEALTH = {
  1: 'minorIssues',
  2: 'majorIssues',
  3: 'menses',
  4: 'stress',
  5: 'noIssues',
  15: 'notAvailable',
};
const MEDICATION = {
  1: 'rapidActingInsulin',
  2: 'shortActingInsulin',
  3: 'intermediateActingInsulin',
  4: 'longActingInsulin',
  5: 'premixedInsulin',
};
const NOT_AVAILABLE = 15;
/** All are reserved. */
const KNOWN_EXTENDED_FLAGS = 0;
/** Exercise of this many seconds or more. */
const LONGEST_EXERCISE = 65_535;

function decodeContext(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = packet.uint8();
  const sourceSequence = packet.uint16();
  const facts: Record<string, Fact> = { flags, sequenceNumber: sourceSequence };
  const readings: Measured[] = [];
  const say = (refid: string, unit: string, value: Value, more: { sourceName?: string; outOfRange?: string } = {}) =>
    readings.push(measured(refid, unit, value, { context: { sourceSequence, ...more } }));

  if (hasBit(flags, 7)) facts.extendedFlags = knownFlags(packet.uint8(), KNOWN_EXTENDED_FLAGS);
  if (hasBit(flags, 0)) {
    const sourceName = named(packet.uint8(), 'carbohydrate', CARBOHYDRATE, facts);
    say('MDC_CTXT_GLU_CARB', 'kg', readSfloat(packet), { sourceName });
  }
  if (hasBit(flags, 1)) say('MDC_CTXT_GLU_MEAL', '', text(meaning(packet.uint8(), 'meal', MEAL, facts)));
  if (hasBit(flags, 2)) {
    const octet = packet.uint8();
    const tester = meaning(octet & 15, 'tester', TESTER, facts);
    const health = meaning(octet >> 4, 'health', HEALTH, facts);
    if ((octet & 15) !== NOT_AVAILABLE) say('MDC_CTXT_GLU_TESTER', '', text(tester));
    if (octet >> 4 !== NOT_AVAILABLE) say('MDC_CTXT_GLU_HEALTH', '', text(health));
  }
  if (hasBit(flags, 3)) {
    const duration = packet.uint16();
    say('exerciseDuration', 's', decimal(duration), duration === LONGEST_EXERCISE ? { outOfRange: 'above' } : {});
    say('MDC_CTXT_GLU_EXERCISE', '%', decimal(packet.uint8()));
  }
  if (hasBit(flags, 4)) {
    const sourceName = named(packet.uint8(), 'medication', MEDICATION, facts);
    say('MDC_CTXT_MEDICATION', hasBit(flags, 5) ? 'L' : 'kg', readSfloat(packet), { sourceName });
  }
  if (hasBit(flags, 6)) say('MDC_CONC_HBA1C', '%', readSfloat(packet));
  packet.end();
  // The time is that of the measurement with this number.
  return oneMeasurement(bytes, readings, facts, { sequence: sourceSequence, baseTime: null });
}

/** Puts `meal` and `mealName` into the facts; gives the name. */
function named(
  value: number,
  fact: string,
  names: Readonly<Record<number, string>>,
  facts: Record<string, Fact>,
): string {
  const name = nameOf(value, names);
  facts[fact] = value;
  facts[`${fact}Name`] = name;
  return name;
}

/** As `named`, for a number whose name is itself the value of a reading. Throws `characteristic_reserved` where it has none. */
function meaning(
  value: number,
  fact: string,
  names: Readonly<Record<number, string>>,
  facts: Record<string, Fact>,
): string {
  if (names[value] === undefined) {
    throw new VitalsealError('characteristic_reserved', `${value} is reserved as a ${fact}, and means nothing yet`);
  }
  return named(value, fact, names, facts);
}

function text(name: string): Value {
  return { kind: 'text', text: name };
}

export const GLUCOSE_CONTEXT: CharacteristicTable = {
  '2A34': { name: 'Glucose Measurement Context', decode: decodeContext },
};
