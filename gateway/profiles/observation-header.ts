// The header of a health observation: type, time, status, person, and what it refers to; in a bundle, what the bundle says
// once. What gives a value its meaning stands in the context of its readings.
import type { CborValue } from '@vitalseal/ledger';
import { termOfCode } from '../codes/mdc.ts';
import { bits, hasBit, knownFlags } from './bits.ts';
import type { Fact, Facts } from './decoded.ts';
import { type ElapsedTime, readElapsedTime } from './elapsed-time.ts';
import { readFloat } from './float.ts';
import type { MeasuredOptions } from './measured.ts';
import { readAttributes } from './observation-values.ts';
import type { Packet } from './packet.ts';
import { valueText } from './value-text.ts';

const MEASUREMENT_STATUS = [
  'invalid',
  'questionable',
  'notAvailable',
  'calibrating',
  'testData',
  'earlyEstimate',
  'manuallyEntered',
  'setting',
  null,
  null,
  null,
  null,
  null,
  null,
  'thresholdError',
  'thresholdingDisabled',
];
const KNOWN_FLAGS = 0x03ff;

export interface ObservationHeader {
  readonly type: number | null;
  readonly time: ElapsedTime | null;
  /** Seconds, as decimal text. */
  readonly duration: string | null;
  readonly status: number | null;
  /** Its own, which others refer to. */
  readonly id: number | null;
  /** The id of the bundle around it. */
  readonly bundleId: number | null;
  readonly patient: number | null;
  /** MDC codes. */
  readonly supplements: readonly number[];
  /** Ids of observations. */
  readonly derivedFrom: readonly number[];
  readonly isMemberOf: readonly number[];
  /** As the context has them. */
  readonly attributes: readonly CborValue[];
}

/** What an observation that stands alone has from around it. */
export const NO_HEADER: ObservationHeader = {
  type: null,
  time: null,
  duration: null,
  status: null,
  id: null,
  bundleId: null,
  patient: null,
  supplements: [],
  derivedFrom: [],
  isMemberOf: [],
  attributes: [],
};

/** `around`: the header of the bundle that it is in. Lists of both hold; of all else its own. Throws as `readObservation`. */
export function readHeader(body: Packet, around: ObservationHeader): { header: ObservationHeader; facts: Facts } {
  const flags = knownFlags(body.uint16(), KNOWN_FLAGS);
  const facts: Record<string, Fact> = { flags };
  const type = hasBit(flags, 0) ? body.uint32() : null;
  if (type !== null) Object.assign(facts, { observationType: type, observationTypeName: refidOf(type) });
  const time = hasBit(flags, 1) ? readElapsedTime(body) : null;
  if (time !== null) facts.timeStamp = time.facts;
  const duration = hasBit(flags, 2) ? valueText(readFloat(body)) : null;
  if (duration !== null) facts.measurementDuration = duration;
  const status = hasBit(flags, 3) ? body.uint16() : null;
  if (status !== null) {
    Object.assign(facts, { measurementStatus: status, measurementStatusNames: bits(status, MEASUREMENT_STATUS) });
  }
  const id = hasBit(flags, 4) ? body.uint32() : null;
  if (id !== null) facts.observationId = id;
  const patient = hasBit(flags, 5) ? body.uint8() : null;
  if (patient !== null) facts.patient = patient;
  const supplements = hasBit(flags, 6) ? numbers(body) : null;
  if (supplements !== null) {
    facts.supplementalInformation = supplements;
    facts.supplementalInformationNames = supplements.map(refidOf);
  }
  const derivedFrom = hasBit(flags, 7) ? numbers(body) : null;
  if (derivedFrom !== null) facts.derivedFrom = derivedFrom;
  const isMemberOf = hasBit(flags, 8) ? numbers(body) : null;
  if (isMemberOf !== null) facts.isMemberOf = isMemberOf;
  const attributes = hasBit(flags, 9) ? readAttributes(body) : null;
  if (attributes !== null) facts.headerAttributes = attributes.map((attribute) => attribute.facts);
  const header = {
    type: type ?? around.type,
    time: time ?? around.time,
    duration: duration ?? around.duration,
    status: status ?? around.status,
    id,
    bundleId: around.id,
    patient: patient ?? around.patient,
    supplements: [...around.supplements, ...(supplements ?? [])],
    derivedFrom: [...around.derivedFrom, ...(derivedFrom ?? [])],
    isMemberOf: [...around.isMemberOf, ...(isMemberOf ?? [])],
    attributes: [...around.attributes, ...(attributes ?? []).map(({ received }) => received)],
  };
  return { header, facts };
}

/** What every reading of the observation has. */
export function optionsOf(header: ObservationHeader): MeasuredOptions {
  const { time } = header;
  return {
    deviceTime: time?.text ?? null,
    context: {
      measurementStatus: header.status,
      measurementDuration: header.duration,
      observationId: header.id,
      bundleId: header.bundleId,
      deviceUser: header.patient,
      supplementalInformation: unlessEmpty(header.supplements),
      derivedFrom: unlessEmpty(header.derivedFrom),
      isMemberOf: unlessEmpty(header.isMemberOf),
      attributes: unlessEmpty(header.attributes),
      sourceTicksMs: time?.ticksMs ?? null,
      // The device's clock was set after this was measured.
      sourceTimeFault: time !== null && !time.currentTimeline ? 'formerTimeline' : null,
    },
  };
}

function unlessEmpty(list: readonly CborValue[]): readonly CborValue[] | null {
  return list.length === 0 ? null : list;
}

function numbers(body: Packet): number[] {
  return Array.from({ length: body.uint8() }, () => body.uint32());
}

function refidOf(code: number): string | null {
  return termOfCode(code)?.refid ?? null;
}
