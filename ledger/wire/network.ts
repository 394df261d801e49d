// Failures of the network in words, for who typed an address: where, what happened, what may help. The system's own code
// stays at the end for whoever searches for it.
import { isVitalsealError, VitalsealError } from '../errors.ts';

const LISTENING: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRINUSE: 'something listens there already; stop it, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
};

const REACHING: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it hung up without an answer; it may expect https',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'there is no such host',
  EPIPE: 'it hung up without an answer; it may expect https',
  EPROTO: 'it does not speak TLS; it may expect http',
  ETIMEDOUT: 'it does not answer',
};

/** HOST:PORT; the host of an IPv6 address in brackets. */
export function placeText(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

/** What a server throws that cannot listen: `cannot_listen`, with `detail.reason`, the system's code. */
export function cannotListen(host: string, port: number, error: unknown): VitalsealError {
  const reason = codeOf(error);
  const words = LISTENING[reason] ?? 'the system refuses it';
  return new VitalsealError('cannot_listen', `cannot listen on ${placeText(host, port)}: ${words} (${reason})`, {
    reason,
  });
}

/** What a transport throws that got no whole answer from `place`: `facility_unreachable`, or an error of ours as it is. */
export function unreachable(place: string, error: unknown): VitalsealError {
  if (isVitalsealError(error)) return error;
  const reason = codeOf(error);
  const message = `the facility at ${place} cannot be reached: ${reachingWords(reason)} (${reason})`;
  return new VitalsealError('facility_unreachable', message, { reason });
}

/** What a transport throws when `place` has not answered wholly in time: `timed_out`. */
export function unanswered(place: string, timeoutMs: number): VitalsealError {
  return new VitalsealError('timed_out', `the facility at ${place} did not answer within ${timeoutMs / 1000} s`);
}

function reachingWords(reason: string): string {
  const words = REACHING[reason];
  if (words !== undefined) return words;
  // The codes of Node's HTTP parser, and those of its TLS.
  if (reason.startsWith('HPE_')) return 'what it answers is not HTTP; it may expect https';
  if (reason.startsWith('ERR_SSL_')) return 'it does not speak TLS; it may expect http';
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(reason)) return 'its certificate is not accepted';
  return 'the connection failed';
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown';
}
