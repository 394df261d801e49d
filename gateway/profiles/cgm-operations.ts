// CGM Specific Ops Control Point (2AAC): what a client asks of a continuous glucose monitor, and what it answers.
import { VitalsealError } from '@vitalseal/ledger';
import { bits, nameOf } from './bits.ts';
import { optionalCrc } from './cgm-session.ts';
import { type CharacteristicTable, type DecodedPacket, type Facts, factsOnly } from './decoded.ts';
import { readSfloat } from './float.ts';
import { glucoseSample } from './glucose-sample.ts';
import { Packet } from './packet.ts';
import { valueText } from './value-text.ts';

type Operand = (packet: Packet) => Facts;

const NONE: Operand = () => ({});
/** Minutes; 0 switches it off, 255 is the fastest that the device can. */
const INTERVAL: Operand = (packet) => ({ communicationInterval: packet.uint8() });
const RECORD: Operand = (packet) => ({ calibrationRecordNumber: packet.uint16() });
/** mg/dL. */
const LEVEL: Operand = (packet) => ({ alertLevel: valueText(readSfloat(packet)) });
/** mg/dL/min. */
const RATE: Operand = (packet) => ({ alertRate: valueText(readSfloat(packet)) });

const CALIBRATION_STATUS = ['calibrationDataRejected', 'calibrationDataOutOfRange', 'calibrationProcessPending'];
const RESPONSES: Readonly<Record<number, string>> = {
  1: 'success',
  2: 'opCodeNotSupported',
  3: 'invalidOperand',
  4: 'procedureNotCompleted',
  5: 'parameterOutOfRange',
};

const CALIBRATION: Operand = (packet) => {
  const glucose = valueText(readSfloat(packet));
  const calibrationTime = packet.uint16();
  const sample = glucoseSample(packet.uint8());
  const nextCalibrationTime = packet.uint16();
  const calibrationRecordNumber = packet.uint16();
  const calibrationStatus = packet.uint8();
  return {
    glucose,
    calibrationTime,
    ...sample.facts,
    nextCalibrationTime,
    calibrationRecordNumber,
    calibrationStatus,
    calibrationStatusNames: bits(calibrationStatus, CALIBRATION_STATUS),
  };
};

const ANSWER: Operand = (packet) => {
  const requestOpCode = packet.uint8();
  const responseCode = packet.uint8();
  return {
    requestOpCode,
    requestOpCodeName: OPERATIONS[requestOpCode]?.[0] ?? `reserved${requestOpCode}`,
    responseCode,
    responseCodeName: nameOf(responseCode, RESPONSES),
  };
};

const OPERATIONS: Readonly<Record<number, readonly [name: string, operand: Operand]>> = {
  1: ['setCommunicationInterval', INTERVAL],
  2: ['getCommunicationInterval', NONE],
  3: ['communicationIntervalResponse', INTERVAL],
  4: ['setGlucoseCalibrationValue', CALIBRATION],
  5: ['getGlucoseCalibrationValue', RECORD],
  6: ['glucoseCalibrationValueResponse', CALIBRATION],
  7: ['setPatientHighAlertLevel', LEVEL],
  8: ['getPatientHighAlertLevel', NONE],
  9: ['patientHighAlertLevelResponse', LEVEL],
  10: ['setPatientLowAlertLevel', LEVEL],
  11: ['getPatientLowAlertLevel', NONE],
  12: ['patientLowAlertLevelResponse', LEVEL],
  13: ['setHypoAlertLevel', LEVEL],
  14: ['getHypoAlertLevel', NONE],
  15: ['hypoAlertLevelResponse', LEVEL],
  16: ['setHyperAlertLevel', LEVEL],
  17: ['getHyperAlertLevel', NONE],
  18: ['hyperAlertLevelResponse', LEVEL],
  19: ['setRateOfDecreaseAlertLevel', RATE],
  20: ['getRateOfDecreaseAlertLevel', NONE],
  21: ['rateOfDecreaseAlertLevelResponse', RATE],
  22: ['setRateOfIncreaseAlertLevel', RATE],
  23: ['getRateOfIncreaseAlertLevel', NONE],
  24: ['rateOfIncreaseAlertLevelResponse', RATE],
  25: ['resetDeviceSpecificAlert', NONE],
  26: ['startSession', NONE],
  27: ['stopSession', NONE],
  28: ['responseCode', ANSWER],
};

function decodeOperation(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const opCode = packet.uint8();
  const operation = OPERATIONS[opCode];
  if (operation === undefined) throw new VitalsealError('characteristic_reserved', 'an operation that does not exist');
  const [opCodeName, operand] = operation;
  return factsOnly({ opCode, opCodeName, ...operand(packet), ...optionalCrc(packet) });
}

export const CGM_OPERATIONS: CharacteristicTable = {
  '2AAC': { name: 'CGM Specific Ops Control Point', decode: decodeOperation },
};
