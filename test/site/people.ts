// More people of a site than the one whom its gateway was enrolled for: each invited at the facility and registered by the wallet.

import { join } from 'node:path';
import { runJson } from './command.ts';
import type { Site } from './site.ts';

export interface PersonAccess {
  address: string;
  /** Path of the identity file. */
  identity: string;
}

/** A single-use code: `--role ROLE` for a newcomer, `--for ADDRESS` for new keys. */
export async function inviteCode(site: Site, ...wish: ['--role' | '--for', string]): Promise<string> {
  return (await runJson<{ code: string }>(['facility', 'invite', ...wish, '--data', site.facilityDir])).code;
}

/** Registers a person with a wallet folder `name` beside the others. */
export async function enrolPatient(site: Site, name: string): Promise<PersonAccess> {
  const code = await inviteCode(site, '--role', 'patient');
  const folder = join(site.dir, name);
  return runJson(['wallet', 'init', '--facility', site.facilityUrl, '--code', code, '--data', folder]);
}
