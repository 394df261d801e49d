// Who this gateway is, once it is enrolled: the identity file (secret) and what the enrolment was for. The policy that it
// judges every checkpoint by is the one whose hash the identity file holds.
import {
  type Address,
  equalBytes,
  type Policy,
  parseAddress,
  parseIdentity,
  parsePolicy,
  policyHash,
  type SigningKey,
  signingKeyOf,
  VitalsealError,
} from '@vitalseal/ledger';
import type { Enrolment } from '../enrol/enrolment.ts';

export interface AgentIdentity {
  readonly origin: string;
  readonly address: Address;
  readonly key: SigningKey;
  readonly policy: Policy;
  readonly policyText: string;
  /** Who the gateway collects for where nothing else is said. */
  readonly owner: Address;
  readonly enrolment: Enrolment;
}

/** Throws `identity_file_invalid`, `policy_mismatch` or `origin_mismatch` when file and enrolment do not belong together. */
export function readIdentity(file: string, enrolment: Enrolment): AgentIdentity {
  const { address, origin, policy, signingKey } = parseIdentity(file);
  if (!equalBytes(policyHash(enrolment.policy), policy)) throw new VitalsealError('policy_mismatch');
  if (origin !== enrolment.origin || !equalBytes(address, parseAddress(enrolment.address))) {
    throw new VitalsealError('origin_mismatch', 'identity and enrolment are not of the same gateway and ledger');
  }
  return {
    origin,
    address,
    key: signingKeyOf(signingKey),
    policy: parsePolicy(enrolment.policy),
    policyText: enrolment.policy,
    owner: parseAddress(enrolment.owner),
    enrolment,
  };
}
