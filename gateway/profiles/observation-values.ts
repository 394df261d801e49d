// The values of health observations (Generic Health Sensor): numbers, codes, texts, events, states and lists of typed
// attributes, each as readings. What the device names by an MDC code keeps that code, also where our table lacks it.
import { type CborValue, toHex, type Value, VitalsealError } from '@vitalseal/ledger';
import { termOfCode } from '../codes/mdc.ts';
import { ucumOfMdc } from '../codes/mdc-units.ts';
import type { Measured } from '../decoding/stamp.ts';
import { nameOf } from './bits.ts';
import type { Fact } from './decoded.ts';
import { readFloat } from './float.ts';
import { type MeasuredOptions, measured, type NamedContext } from './measured.ts';
import { sampleReadings } from './observation-samples.ts';
import { textValue } from './octet-text.ts';
import type { Packet } from './packet.ts';
import { typedValue, UTF8 } from './typed-value.ts';

/** Observation Class Types. A bundle (255) is read by whoever reads observations. */
const NUMERIC = 1;
const DISCRETE = 2;
const STRING = 3;
const SAMPLES = 4;
const DISCRETE_EVENTS = 5;
const STATE_EVENT = 6;
const COMPOUND = 7;
const TLV = 8;
export const BUNDLE = 255;

export const CLASS_NAMES: Readonly<Record<number, string>> = {
  [NUMERIC]: 'numeric',
  [DISCRETE]: 'simpleDiscrete',
  [STRING]: 'string',
  [SAMPLES]: 'sampleArray',
  [DISCRETE_EVENTS]: 'compoundDiscreteEvent',
  [STATE_EVENT]: 'compoundStateEvent',
  [COMPOUND]: 'compound',
  [TLV]: 'tlvEncoded',
  [BUNDLE]: 'observationBundle',
};

export interface ObservedValue {
  readonly readings: readonly Measured[];
  /** What does not fit into readings. */
  readonly facts: { readonly [name: string]: Fact };
}

/** Reads the value of an observation of `type` (32-bit MDC code). Throws the characteristic_* errors. */
export function readValue(packet: Packet, classType: number, type: number, options: MeasuredOptions): ObservedValue {
  switch (classType) {
    case NUMERIC: {
      const unit = packet.uint16();
      return only(observed(type, unit, readFloat(packet), options), { unitCode: unit });
    }
    case DISCRETE: {
      const valueCode = packet.uint32();
      return only(observed(type, null, codeText(valueCode), options), { valueCode });
    }
    case STRING: {
      const value = textValue(packet.take(packet.uint16()));
      return only(observed(type, null, value, beside(options, { sourceFormat: formatOf(value, UTF8) })), {});
    }
    case SAMPLES: {
      const { unit, blocks, facts } = sampleReadings(packet);
      const readings = blocks.map(({ value, sourceName, sampling }) =>
        observed(type, unit, value, beside(options, { sourceName, sampling })),
      );
      return { readings, facts: { unitCode: unit, ...facts } };
    }
    case DISCRETE_EVENTS: {
      const valueCodes = list(packet, () => packet.uint32());
      return {
        readings: valueCodes.map((code) => observed(type, null, codeText(code), options)),
        facts: { valueCodes },
      };
    }
    case STATE_EVENT:
      return stateEvent(packet, type, options);
    case COMPOUND:
      return compound(packet, beside(options, { observationType: type }));
    case TLV: {
      const attributes = readAttributes(packet);
      return {
        readings: attributes.map(({ type: attribute, format, value }) => {
          const sourceFormat = formatOf(value, format);
          return observed(attribute, null, value, beside(options, { observationType: type, sourceFormat }));
        }),
        facts: { attributes: attributes.map(({ facts }) => facts) },
      };
    }
    default:
      throw new VitalsealError('characteristic_reserved', 'a class of observation that does not exist yet');
  }
}

interface Attribute {
  readonly type: number;
  readonly format: number;
  readonly value: Value;
  /** For the context of a reading: type, format, octets. */
  readonly received: CborValue;
  readonly facts: Fact;
}

/** Type, length and value, each with the format of its value: also what a header may have more. */
export function readAttributes(packet: Packet): Attribute[] {
  return list(packet, () => {
    const type = packet.uint32();
    const length = packet.uint16();
    const format = packet.uint8();
    const octets = packet.take(length).slice();
    const { value, fact } = typedValue(format, octets);
    const facts = { type, typeName: termOfCode(type)?.refid ?? null, length, format, value: fact };
    return { type, format, value, received: [type, format, octets], facts };
  });
}

/** Components have a class each, but none that nests. */
function compound(packet: Packet, options: MeasuredOptions): ObservedValue {
  const components = list(packet, () => {
    const type = packet.uint32();
    const classType = packet.uint8();
    if (classType >= COMPOUND) {
      throw new VitalsealError('characteristic_reserved', 'a component of a class that components do not have');
    }
    const { readings, facts } = readValue(packet, classType, type, options);
    const typeName = termOfCode(type)?.refid ?? null;
    return { readings, facts: { type, typeName, classType, classTypeName: nameOf(classType, CLASS_NAMES), ...facts } };
  });
  return {
    readings: components.flatMap(({ readings }) => readings),
    facts: { components: components.map(({ facts }) => facts) },
  };
}

/** Three masks of one size: which bits the device knows, which are states and not events, and the bits themselves. */
function stateEvent(packet: Packet, type: number, options: MeasuredOptions): ObservedValue {
  const size = packet.uint8();
  const supportedMask = packet.take(size).slice();
  const stateMask = packet.take(size).slice();
  const bytes = packet.take(size).slice();
  return {
    readings: [observed(type, null, { kind: 'bytes', bytes }, beside(options, { supportedMask, stateMask }))],
    facts: { size, supportedMask: toHex(supportedMask), stateMask: toHex(stateMask), stateOrEventBits: toHex(bytes) },
  };
}

/** What the value itself needs for being understood, beside what the header says. */
function beside(options: MeasuredOptions, context: NamedContext): MeasuredOptions {
  return { ...options, context: { ...options.context, ...context } };
}

/** What is kept as its octets needs its format for being read. */
function formatOf(value: Value, format: number): number | null {
  return value.kind === 'bytes' ? format : null;
}

function list<T>(packet: Packet, read: () => T): T[] {
  return Array.from({ length: packet.uint8() }, read);
}

function only(reading: Measured, facts: ObservedValue['facts']): ObservedValue {
  return { readings: [reading], facts };
}

/** `unit` is a term of partition 4; null where the value has none. */
function observed(type: number, unit: number | null, value: Value, options: MeasuredOptions): Measured {
  const refid = termOfCode(type)?.refid;
  // 0 is "not specified".
  const ucum = unit === null || unit === 0 ? '' : ucumOfMdc(unit);
  const context = ucum === null ? { ...options.context, sourceUnit: `mdc${0x40000 + (unit ?? 0)}` } : options.context;
  const reading = measured(refid ?? `mdc${type}`, ucum ?? '', value, { ...options, ...(context && { context }) });
  // The number is the device's own statement, which needs no table.
  return refid === undefined ? { ...reading, mdc: type } : reading;
}

/** A value that is itself an MDC code. */
function codeText(code: number): Value {
  return { kind: 'text', text: termOfCode(code)?.refid ?? `mdc${code}` };
}
