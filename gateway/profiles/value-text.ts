// A number of a packet as a fact: the text of its exact decimal, or of what the device sent instead of one.
import { formatDecimal, type Value } from '@vitalseal/ledger';

/** `36.40`, `NaN`; other kinds of values are given by their kind. */
export function valueText(value: Value): string {
  if (value.kind === 'decimal') return formatDecimal(value);
  return value.kind === 'special' ? value.special : value.kind;
}
