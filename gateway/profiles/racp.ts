// The Record Access Control Point (2A52), through which stored records are asked for: both what is written to a device
// and what it answers. Op codes, operators and filters are those of the glucose, CGM and oximeter services.
import { VitalsealError } from '@vitalseal/ledger';
import { nameOf } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, type Facts, factsOnly } from './decoded.ts';
import { Packet } from './packet.ts';

const OP_CODES: Readonly<Record<number, string>> = {
  1: 'reportStoredRecords',
  2: 'deleteStoredRecords',
  3: 'abortOperation',
  4: 'reportNumberOfStoredRecords',
  5: 'numberOfStoredRecordsResponse',
  6: 'responseCode',
  7: 'combinedReport',
  8: 'combinedReportResponse',
};
const ABORT = 3;
const COUNTS: readonly number[] = [5, 8];
const RESPONSE = 6;

const OPERATORS: Readonly<Record<number, string>> = {
  0: 'null',
  1: 'allRecords',
  2: 'lessThanOrEqualTo',
  3: 'greaterThanOrEqualTo',
  4: 'withinRangeOf',
  5: 'firstRecord',
  6: 'lastRecord',
};
/** How many filter values follow an operator. */
const OPERANDS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 3: 1, 4: 2, 5: 0, 6: 0 };

/** Which record field is meant by 1 is the service's: the sequence number of a meter, the time offset of a CGM. */
const FILTERS = { 1: 'sequenceNumberOrTimeOffset', 2: 'userFacingTime' };
const BY_TIME = 2;

const RESPONSES = {
  1: 'success',
  2: 'opCodeNotSupported',
  3: 'invalidOperator',
  4: 'operatorNotSupported',
  5: 'invalidOperand',
  6: 'noRecordsFound',
  7: 'abortUnsuccessful',
  8: 'procedureNotCompleted',
  9: 'operandNotSupported',
  10: 'serverBusy',
};

function decodeRacp(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const opCode = packet.uint8();
  const operator = packet.uint8();
  if (OP_CODES[opCode] === undefined) throw new VitalsealError('characteristic_reserved', 'the op code is reserved');
  const facts = {
    opCode,
    opCodeName: OP_CODES[opCode],
    operator,
    operatorName: nameOf(operator, OPERATORS),
    ...operandOf(packet, opCode, operator),
  };
  packet.end();
  return factsOnly(facts);
}

function operandOf(packet: Packet, opCode: number, operator: number): Facts {
  if (opCode === ABORT || opCode === RESPONSE || COUNTS.includes(opCode)) {
    if (operator !== 0) {
      const found = `${operator} (${nameOf(operator, OPERATORS)})`;
      const expected = `the op code ${opCode} (${OP_CODES[opCode]}) takes operator 0 (null)`;
      throw new VitalsealError('characteristic_malformed', `${expected}, not ${found}`);
    }
    if (opCode === ABORT) return {};
    return opCode === RESPONSE ? readResponse(packet) : { numberOfRecords: readCount(packet) };
  }
  const operands = OPERANDS[operator];
  if (operator === 0) throw new VitalsealError('characteristic_malformed', 'the op code needs an operator');
  if (operands === undefined) throw new VitalsealError('characteristic_reserved', 'the operator is reserved');
  return operands === 0 ? {} : readFilter(packet, operands);
}

function readResponse(packet: Packet): Facts {
  const requestOpCode = packet.uint8();
  const responseCode = packet.uint8();
  return {
    requestOpCode,
    requestOpCodeName: nameOf(requestOpCode, OP_CODES),
    responseCode,
    responseCodeName: nameOf(responseCode, RESPONSES),
  };
}

/** 16 bits by the services; meters that count in 8 or in 32 are in use. */
function readCount(packet: Packet): number {
  if (packet.left === 1) return packet.uint8();
  return packet.left === 4 ? packet.uint32() : packet.uint16();
}

/** `filterValues` are one limit, or the first and last of a range; record numbers of newer services have 32 bits. */
function readFilter(packet: Packet, operands: number): Facts {
  const filterType = packet.uint8();
  if (!Object.hasOwn(FILTERS, filterType)) {
    throw new VitalsealError('characteristic_reserved', 'the filter type is reserved');
  }
  const wide = packet.left === operands * 4;
  const filterValues: Fact[] = [];
  for (let i = 0; i < operands; i++) {
    if (filterType === BY_TIME) filterValues.push(readDateTime(packet));
    else filterValues.push(wide ? packet.uint32() : packet.uint16());
  }
  return { filterType, filterTypeName: nameOf(filterType, FILTERS), filterValues };
}

export const RACP: CharacteristicTable = {
  '2A52': { name: 'Record Access Control Point', decode: decodeRacp },
};
