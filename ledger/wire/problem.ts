// How a failed request is told: a CBOR map with the registry's code, and a sentence for people.

import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { type ErrorCode, isErrorCode, VitalsealError } from '../errors.ts';

const MAX_PROBLEM = 4096;
const MAX_MESSAGE = 300;

/** `timeSeconds`: the facility's time, told with `request_expired` so that a gateway without a clock can sign again. */
export function encodeProblem(code: ErrorCode, message: string, timeSeconds?: number): Uint8Array {
  const problem = new Map<number, CborValue>([
    [1, code],
    [2, message.slice(0, MAX_MESSAGE)],
  ]);
  if (timeSeconds !== undefined) problem.set(3, timeSeconds);
  return encodeCbor(problem);
}

// When the body says nothing that is understood (a proxy answered), the status has to do.
function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'quota_exceeded';
  if (status === 503) return 'facility_busy';
  if (status === 504) return 'timed_out';
  return 'answer_invalid';
}

/** The error that an answer with a status other than 2xx stands for. Never throws: the body is untrusted. */
export function problemOf(status: number, body: Uint8Array): VitalsealError {
  let problem: CborValue = null;
  try {
    problem = decodeCbor(body, { maxBytes: MAX_PROBLEM });
  } catch {
    // not ours: see codeOfStatus
  }
  if (!(problem instanceof Map)) return new VitalsealError(codeOfStatus(status), `the facility answered ${status}`);
  const code = problem.get(1);
  const message = problem.get(2);
  const time = problem.get(3);
  // What a stranger wrote is shown, so it is cut and has no control characters.
  const said = typeof message === 'string' ? message.slice(0, MAX_MESSAGE).replace(/\p{C}/gu, ' ') : undefined;
  const detail = Number.isSafeInteger(time) ? { status, timeSeconds: time } : { status };
  return new VitalsealError(isErrorCode(code) ? code : codeOfStatus(status), said, detail);
}
