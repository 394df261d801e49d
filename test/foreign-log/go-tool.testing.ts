// Builds the Go verifier once for a test run. Where there is no Go the tests that need it are skipped, and say so; in
// CI, where it has to be, they fail instead.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the verifier prints when all of a folder verifies. */
export interface ForeignReport {
  readonly origin: string;
  readonly size: number;
  readonly entries: number;
  readonly inclusions: number;
  readonly consistency: number;
  readonly proofs: number;
  readonly cosignatures: number;
}

const missing = spawnSync('go', ['version']).status !== 0;

/** True when the tests have to be skipped; prints the reason. With CI=true a missing Go is an error. */
export function withoutGo(): boolean {
  if (!missing) return false;
  if (process.env.CI === 'true') throw new Error('the foreign verification needs Go, and CI has none');
  console.warn('skipped: the foreign verification of exported logs needs Go (https://go.dev), which is not installed');
  return true;
}

/** Path of the built verifier, in a temporary folder of its own. */
export function buildVerifier(): string {
  const binary = join(mkdtempSync(join(tmpdir(), 'vitalseal-foreign-')), 'foreign-log');
  execFileSync('go', ['build', '-mod=readonly', '-o', binary, '.'], { cwd: import.meta.dirname, stdio: 'pipe' });
  return binary;
}

/** Runs the verifier over an exported folder: its report, or what it said was wrong. */
export function verifyForeign(binary: string, folder: string): ForeignReport | string {
  const { status, stdout, stderr } = spawnSync(binary, [folder], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as ForeignReport) : stderr.trim();
}
