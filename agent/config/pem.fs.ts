// PEM files that the configuration names.
import { readFileSync } from 'node:fs';
import { VitalsealError } from '@vitalseal/ledger';

/** The file's bytes. `key` is the configuration's name for it. Throws `config_invalid`. */
export function readPem(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new VitalsealError('config_invalid', `agent.toml: ${key}: expected a file that can be read, found ${file}`);
  }
}
