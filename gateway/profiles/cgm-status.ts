// The state of a continuous glucose monitor: three octets, in the order Status, Calibration and Temperature, Warning.
// A measurement leaves out octets that are zero; the status characteristic has all three.
import { bits } from './bits.ts';
import type { Facts } from './decoded.ts';

const STATUS = [
  'sessionStopped',
  'deviceBatteryLow',
  'sensorTypeIncorrectForDevice',
  'sensorMalfunction',
  'deviceSpecificAlert',
  'generalDeviceFault',
];

const CALIBRATION_TEMPERATURE = [
  'timeSynchronizationRequired',
  'calibrationNotAllowed',
  'calibrationRecommended',
  'calibrationRequired',
  'sensorTemperatureTooHigh',
  'sensorTemperatureTooLow',
  'calibrationPending',
];

const WARNING = [
  'resultLowerThanPatientLowLevel',
  'resultHigherThanPatientHighLevel',
  'resultLowerThanHypoLevel',
  'resultHigherThanHyperLevel',
  'rateOfDecreaseExceeded',
  'rateOfIncreaseExceeded',
  'resultLowerThanDeviceCanProcess',
  'resultHigherThanDeviceCanProcess',
];

/** Octets that were not sent are null. */
export interface CgmStatus {
  readonly status: number | null;
  readonly calTemp: number | null;
  readonly warning: number | null;
}

/** Numbers and names of the octets that were sent. */
export function cgmStatusFacts({ status, calTemp, warning }: CgmStatus): Facts {
  return {
    ...(status === null ? {} : { status, statusNames: bits(status, STATUS) }),
    ...(calTemp === null ? {} : { calTemp, calTempNames: bits(calTemp, CALIBRATION_TEMPERATURE) }),
    ...(warning === null ? {} : { warning, warningNames: bits(warning, WARNING) }),
  };
}

/** All octets as one number, Status lowest; null when none was sent. */
export function cgmStatusNumber({ status, calTemp, warning }: CgmStatus): number | null {
  if (status === null && calTemp === null && warning === null) return null;
  return (status ?? 0) + (calTemp ?? 0) * 0x100 + (warning ?? 0) * 0x10000;
}
