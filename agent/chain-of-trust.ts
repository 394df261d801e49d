// Whether a certificate leads to an authority, dates aside. TLS names one fault only, and the last one that it finds: an
// outdated certificate of a stranger looks there like an outdated one of ours.
import type { X509Certificate } from 'node:crypto';

/** Longest chain that is followed. */
const MAX_LINKS = 8;

/** True when each certificate from `leaf` on is signed by the next one, up to one of `authorities`. */
export function leadsTo(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let current = leaf;
  for (let links = 0; links < MAX_LINKS; links++) {
    const { fingerprint256 } = current;
    if (authorities.some((authority) => authority.fingerprint256 === fingerprint256 || issued(authority, current)))
      return true;
    const next: X509Certificate | undefined = current.issuerCertificate;
    if (next === undefined || next.fingerprint256 === fingerprint256 || !issued(next, current)) return false;
    current = next;
  }
  return false;
}

/** The signature is the issuer's, and the issuer may sign certificates. */
function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
