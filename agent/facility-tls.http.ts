// The way to a facility over TLS: the certificate is one of the authority configured, or its key is the pinned one. Node's
// TLS is loaded when a facility is spoken to that way: a gateway whose facility is on loopback keeps 3 MB.
import { createHash, X509Certificate } from 'node:crypto';
import type { AgentOptions, RequestOptions, Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { VitalsealError } from '@vitalseal/ledger';
import { leadsTo } from './chain-of-trust.ts';

export interface Trust {
  /** Certificate authority, PEM; the system's when absent. */
  readonly ca?: Uint8Array | undefined;
  /** SHA-256 of the certificate's public key (SubjectPublicKeyInfo), hex. */
  readonly pin?: string | undefined;
  /** False while nobody knows what time it is: certificate dates say nothing then. */
  readonly clockKnown?: (() => boolean) | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const DATES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/** An agent that hands a connection over only once its certificate is judged: not a byte is sent before. */
export function checkedTls(
  host: string,
  trust: Trust,
  keep: AgentOptions,
  seen: (pin: string) => void,
): { readonly agent: TlsAgent; readonly request: typeof import('node:https').request } {
  const https = process.getBuiltinModule('node:https');
  const tls = process.getBuiltinModule('node:tls');

  class CheckedAgent extends https.Agent {
    override createConnection(
      options: RequestOptions,
      callback?: (error: Error | null, socket: Duplex) => void,
    ): undefined {
      const socket = tls.connect(options as ConnectionOptions);
      const fail = (error: Error) => {
        socket.destroy();
        callback?.(error, socket);
      };
      socket.once('error', fail);
      socket.once('secureConnect', () => {
        try {
          seen(checkPeer(socket, host, trust));
        } catch (error) {
          return fail(error as Error);
        }
        socket.off('error', fail);
        callback?.(null, socket);
      });
    }
  }

  const ca = trust.ca === undefined ? {} : { ca: Buffer.from(trust.ca) };
  return { agent: new CheckedAgent({ ...keep, rejectUnauthorized: false, ...ca }), request: https.request };
}

/** The pin of the certificate that the peer showed. Throws `transport_refused`. */
function checkPeer(socket: TLSSocket, host: string, { ca, pin, clockKnown }: Trust): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new VitalsealError('transport_refused', 'the facility shows no certificate');
  const shown = createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  if (pin !== undefined) {
    if (pin === shown) return shown;
    throw new VitalsealError('transport_refused', "the key of the facility's certificate is not the pinned one");
  }
  const fault = socket.authorizationError as unknown as (Error & { code?: string }) | string | null;
  const code = typeof fault === 'string' ? fault : (fault?.code ?? null);
  const excused =
    code !== null && DATES.has(code) && clockKnown?.() === false && leadsTo(certificate, authoritiesOf(ca));
  if (code !== null && !excused)
    throw new VitalsealError('transport_refused', `the certificate is not accepted (${code})`);
  if (!matchesHost(certificate, host))
    throw new VitalsealError('transport_refused', 'the certificate is for another host');
  return shown;
}

/** The certificates in a PEM text, or the system's authorities. */
function authoritiesOf(ca: Uint8Array | undefined): X509Certificate[] {
  const pems =
    ca === undefined
      ? process.getBuiltinModule('node:tls').getCACertificates('default')
      : (Buffer.from(ca).toString('latin1').match(CERTIFICATE) ?? []);
  return pems.map((pem) => new X509Certificate(pem));
}

function matchesHost(certificate: X509Certificate, host: string): boolean {
  return certificate.checkHost(host) !== undefined || certificate.checkIP(host.replace(/^\[|\]$/g, '')) !== undefined;
}
