// Small pieces that every route needs: hashes and addresses out of paths, numbers out of queries. They throw
// `request_invalid`, before any work is done.
import { fromHex, isVitalsealError, parseAddress, VitalsealError } from '@vitalseal/ledger';

const NOTHING = new Uint8Array(0);

/** The bytes of a body; none is empty. */
export function bodyOf(request: { readonly body: unknown }): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : NOTHING;
}

export function hashParameter(parameters: unknown, name: string): Uint8Array {
  const text = parameterOf(parameters, name);
  return malformed(() => fromHex(text.toLowerCase() === text ? text : '-', 32), 'the hash in the path');
}

export function addressParameter(parameters: unknown, name: string): Uint8Array {
  return malformed(() => parseAddress(parameterOf(parameters, name)), 'the address in the path');
}

export function numberParameter(parameters: unknown, name: string): number {
  return wholeNumber(parameterOf(parameters, name), 'the number in the path');
}

/** A whole number in a query; `fallback` when it is absent. */
export function numberQuery(query: unknown, name: string, fallback: number): number {
  const text = (query as Record<string, unknown>)[name];
  return text === undefined ? fallback : wholeNumber(text, name);
}

function parameterOf(parameters: unknown, name: string): string {
  return String((parameters as Record<string, unknown>)[name]);
}

function wholeNumber(text: unknown, what: string): number {
  const value = typeof text === 'string' && /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new VitalsealError('request_invalid', `${what}: a whole number is expected`);
  return value;
}

function malformed<T>(work: () => T, what: string): T {
  try {
    return work();
  } catch (error) {
    if (isVitalsealError(error)) throw new VitalsealError('request_invalid', `${what} is malformed`);
    throw error;
  }
}
