// vitalseal verify …: an exported proof, checked with a policy and nothing else: no network, no data folder.
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { ERRORS, fromUtf8, isVitalsealError, type Verdict, VitalsealError, verifyExistence } from '@vitalseal/ledger';
import { Command } from 'commander';
import type { Io } from '../io.ts';
import { beside } from '../proof-files.fs.ts';

interface VerifyOptions {
  policy: string;
  json?: boolean;
}

/** Larger than anything that can verify. */
const MAX_FILE = 2 * 1024 * 1024;

export function verifyCommand(io: Io): Command {
  return new Command('verify')
    .description('Says in one sentence what a proof proves, or what fails. Exit code 0 or 1.')
    .argument('<file>', 'the proof; the entry stands beside it, the last ending replaced by .entry (and .own)')
    .requiredOption('--policy <file>', 'the policy that is trusted')
    .option('--json', 'print one JSON object as the last line')
    .action(async (file: string, { policy, json }: VerifyOptions) => {
      const verdict = await verifyFiles(file, policy);
      if (json) io.json(jsonOf(verdict));
      else io.print(verdict.sentence);
    });
}

/** Whatever fails, the answer is that nothing is proven: one exit code. Only codes that have another are renamed. */
async function verifyFiles(file: string, policy: string): Promise<Verdict> {
  try {
    const part = extname(file);
    if (part === '.entry' || part === '.own') {
      const proof = `${basename(file, part)}.tlog-proof`;
      throw new VitalsealError(
        'proof_invalid',
        `${file} is a part that stands beside a proof; name the proof (${proof})`,
      );
    }
    const own = await readBounded(beside(file, '.own'));
    return verifyExistence(
      {
        proofText: fromUtf8(await readNeeded(file, 'proof')),
        entry: await readNeeded(beside(file, '.entry'), 'entry'),
        ...(own === null ? {} : { own }),
      },
      fromUtf8(await readNeeded(policy, 'policy')),
    );
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    if (ERRORS[error.code].exit === 1) throw new VitalsealError(error.code, `not proven: ${error.message}`);
    const about = error.code === 'policy_invalid' ? `${policy} is ` : '';
    throw new VitalsealError('proof_invalid', `not proven: ${about}${error.message}`);
  }
}

async function readNeeded(path: string, what: string): Promise<Uint8Array> {
  const bytes = await readBounded(path);
  if (bytes === null)
    throw new VitalsealError('proof_invalid', `there is no file ${path}, which should be the ${what}`);
  return bytes;
}

async function readBounded(path: string): Promise<Uint8Array | null> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new VitalsealError('proof_invalid', `${path} cannot be read (${code})`);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new VitalsealError('proof_invalid', `${path} is not a file`);
    if (stat.size > MAX_FILE) throw new VitalsealError('proof_invalid', `${path} is far too large`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function jsonOf({ entry, ...verdict }: Verdict): object {
  if (entry.type !== 'record.register') return verdict;
  const { recordId, version, blobHash, interval } = entry.body;
  return { ...verdict, record: { id: recordId, version, blobHash, interval } };
}
