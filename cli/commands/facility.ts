// vitalseal facility …: the full node's commands. Each loads the package only when it runs.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { Command, Option } from 'commander';
import type { Io } from '../io.ts';

interface Common {
  data: string;
  json?: boolean;
}

const load = () => import('@vitalseal/facility');

export function facilityCommand(io: Io): Command {
  const command = new Command('facility').description(
    'The full node: admits, orders and stores, publishes checkpoints.',
  );
  command.addCommand(initCommand(io));
  command.addCommand(runCommand(io));
  command.addCommand(inviteCommand(io));
  command.addCommand(statusCommand(io));
  command.addCommand(exportCommand(io));
  return command;
}

function sub(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--data <dir>', "the facility's data folder", '.vitalseal/facility')
    .option('--json', 'print one JSON object as the last line');
}

function initCommand(io: Io): Command {
  return sub('init', 'Makes keys, policy and the first two entries of a new ledger.').action(async (given: Common) => {
    const { initFacility } = await load();
    const made = await initFacility({ dir: resolve(given.data) });
    if (given.json) return io.json(made);
    io.print(`origin     ${made.origin}`);
    io.print(`registrar  ${made.registrar}`);
    io.print(`facility   ${made.facility}`);
    io.print(`policy     ${made.policyHash}`);
    io.print(`Print ${made.recovery}, keep it in a drawer, and remove the file.`);
  });
}

interface RunOptions extends Common {
  listen: string;
  tlsCert?: string;
  tlsKey?: string;
  allowPlainHttp?: boolean;
  logLevel: string;
}

function runCommand(io: Io): Command {
  return sub('run', 'Runs the facility until Ctrl-C.')
    .option('--listen <host:port>', 'where to listen', '127.0.0.1:8440')
    .option('--tls-cert <file>', 'certificate chain (PEM)')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--allow-plain-http', 'serve plain HTTP elsewhere than on loopback')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error', 'silent']).default('info'))
    .action(async (given: RunOptions) => {
      const { runFacility, pinoLog } = await load();
      const { signal } = io;
      const tls = await certificate(given);
      const facility = await runFacility({
        dir: resolve(given.data),
        log: pinoLog(given.logLevel),
        listen: {
          ...hostAndPort(given.listen),
          ...(tls && { tls }),
          ...(given.allowPlainHttp === true && { allowPlainHttp: true }),
        },
      });
      if (given.json) io.json({ url: facility.url, origin: facility.origin });
      else io.print(`the facility listens on ${facility.url}`);
      const asked = new Promise<'stop'>((done) => {
        if (signal.aborted) done('stop');
        signal.addEventListener('abort', () => done('stop'), { once: true });
      });
      const ended = await Promise.race([asked, facility.failed]);
      await facility.stop();
      // Whoever supervises the process starts it again.
      if (ended !== 'stop') throw new VitalsealError('engine_stopped');
    });
}

interface InviteOptions extends Common {
  role?: string;
  for?: string;
  mint?: string | true;
}

function inviteCommand(io: Io): Command {
  return sub('invite', 'Prints a single-use invite, or with --mint writes a key file. Also while the facility runs.')
    .option('--role <role>', 'what the newcomer becomes: patient, gateway, doctor, insurer or legal')
    .option('--for <address>', 'instead of a newcomer, new keys for this address (a forked gateway, a lost key)')
    .option(
      '--mint [file]',
      'instead, make and register a key pair here, for: agent enroll --key FILE (role gateway where none is given)',
    )
    .action(async (given: InviteOptions) => {
      const { inviteFacility, mintKey } = await load();
      const options = { dir: resolve(given.data) };
      if (given.for !== undefined) {
        if (given.role !== undefined || given.mint !== undefined) throw usage('--for stands alone');
        return printCode(io, given, await inviteFacility(options, { subject: given.for }));
      }
      // A key file is for a gateway, unless something else is said.
      const role = given.role ?? (given.mint === undefined ? undefined : 'gateway');
      if (role === undefined) throw usage('--role, --mint or --for is needed');
      if (given.mint === undefined) return printCode(io, given, await inviteFacility(options, { role }));
      const made = given.mint === true ? null : resolve(given.mint);
      // Before anything is registered: keys that could not be written down would be lost.
      if (made !== null && existsSync(made)) throw usage('the key file exists already');
      const { address, text } = await mintKey(options, role);
      const key = made ?? join(options.dir, 'minted', `${address}.key`);
      await mkdir(dirname(key), { recursive: true, mode: 0o700 });
      await writeFile(key, text, { mode: 0o600, flag: 'wx' });
      if (given.json) io.json({ address, key });
      else io.print(key);
    });
}

function printCode(io: Io, { json }: Common, answer: { code: string }): void {
  if (json) io.json(answer);
  else io.print(answer.code);
}

function statusCommand(io: Io): Command {
  return sub('status', 'Says how far the ledger is. Also while the facility runs.').action(async (given: Common) => {
    const { facilityStatus } = await load();
    const status = await facilityStatus({ dir: resolve(given.data) });
    if (given.json) return io.json(status);
    io.print(`${status.running ? 'running' : 'not running'}, ${status.entries} entries in ${status.height} blocks`);
    io.print(`final checkpoint of ${status.checkpoint.size} entries`);
    io.print(`origin  ${status.origin}`);
    io.print(`policy  ${status.policyHash}`);
  });
}

interface ExportOptions extends Common {
  proof: number[];
}

function exportCommand(io: Io): Command {
  const index = (text: string, before: number[]): number[] => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) throw usage('--proof takes the index of an entry');
    return [...before, value];
  };
  return sub('export', 'Writes policy, checkpoint and tiles as files that other tlog tools verify.')
    .argument('<out>', 'the folder to write to')
    .option('--proof <index>', 'also the proof of this entry, with the entry beside it; may be repeated', index, [])
    .action(async (out: string, given: ExportOptions) => {
      const { exportFacility } = await load();
      const exported = await exportFacility({ dir: resolve(given.data) }, resolve(out), given.proof);
      if (given.json) return io.json({ out: resolve(out), ...exported });
      io.print(`${exported.size} entries in ${exported.files} files in ${resolve(out)}`);
    });
}

/** HOST:PORT, the host of an IPv6 address in brackets. Throws `usage`. */
function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw usage('--listen takes HOST:PORT');
  return { host: (match[1] ?? match[2]) as string, port };
}

async function certificate({ tlsCert, tlsKey }: RunOptions): Promise<{ cert: string; key: string } | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) throw usage('--tls-cert and --tls-key go together');
  const read = (file: string, option: string) =>
    readFile(resolve(file), 'utf8').catch(() => {
      throw new VitalsealError('config_invalid', `${option}: the file cannot be read`);
    });
  return { cert: await read(tlsCert, '--tls-cert'), key: await read(tlsKey, '--tls-key') };
}

function usage(message: string): VitalsealError {
  return new VitalsealError('usage', message);
}
