// vitalseal agent …: the gateway's commands. Each loads the package only when it runs.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { Command } from 'commander';
import type { Io } from '../io.ts';
import { writeProof } from '../proof-files.fs.ts';
import { counted } from '../wording.ts';
import { bus, type Common, load, sub, typed } from './agent-folder.ts';
import { devices } from './devices.ts';

export function agentCommand(io: Io): Command {
  const command = new Command('agent').description(
    'The light node on the gateway: collects, seals, registers, proves.',
  );
  for (const make of [init, enroll, run, devices, status, records, proof, flush]) command.addCommand(make(io));
  return command;
}

const ENROLL = 'enroll --facility URL --code CODE --owner ADDRESS';

function init(io: Io): Command {
  return sub('init', 'Makes the data folder with a commented configuration.').action(async (given: Common) => {
    const { initAgent } = await load();
    const made = initAgent(resolve(given.data));
    if (given.json) return io.json(made);
    io.print(`made ${made.config}: edit it where needed`);
    io.print(`next: ${typed(ENROLL, given)}`);
  });
}

interface EnrollOptions extends Common {
  facility: string;
  owner: string;
  code?: string;
  key?: string;
}

function enroll(io: Io): Command {
  return sub('enroll', 'Registers this gateway at a facility. Interrupted, the same command goes on where it stopped.')
    .requiredOption('--facility <url>', "the facility's address")
    .requiredOption('--owner <address>', 'whose readings this gateway collects, where nothing else is said')
    .option('--code <code>', 'an invite of the facility; for a gateway that is enrolled, one for new keys')
    .option('--key <file>', 'a key file of: facility invite --mint; its keys are replaced at once')
    .action(async (given: EnrollOptions) => {
      const { facility, owner, code } = given;
      if ((code === undefined) === (given.key === undefined))
        throw new VitalsealError('usage', 'one of --code and --key is needed, and not both');
      const { enrolAgent } = await load();
      const key = given.key === undefined ? undefined : await readFile(resolve(given.key), 'utf8').catch(missing);
      const done = await enrolAgent({ dir: resolve(given.data), facility, owner, code, key });
      if (given.json) return io.json(done);
      io.print(`enrolled as ${done.address}`);
      if (key !== undefined) io.print(`The keys in ${given.key} are void now; remove the file.`);
    });
}

function missing(): never {
  throw new VitalsealError('usage', '--key: the file cannot be read');
}

interface RunOptions extends Common {
  mqtt?: string;
}

function run(io: Io): Command {
  return sub('run', 'Runs the agent until Ctrl-C. Logs go to stderr.')
    .option('--mqtt <host:port>', "where equipment connects, instead of the configuration's")
    .action(async (given: RunOptions) => {
      const { runAgent } = await load();
      const { signal } = io;
      const agent = await runAgent({ dir: resolve(given.data), mqtt: given.mqtt, ble: bus() });
      if (given.json) io.json({ mqtt: agent.mqtt, address: agent.address });
      else io.print(`the agent listens for MQTT on ${agent.mqtt}`);
      const stopped = new Promise<void>((done) => {
        if (signal.aborted) done();
        else signal.addEventListener('abort', () => done(), { once: true });
      });
      try {
        await Promise.race([stopped, agent.failed]);
      } finally {
        await agent.stop();
      }
    });
}

const COUNTS = `
In the JSON, the counts are of what was kept, in the folder's whole life; those in gateway are of
what came since the agent started. So gateway.ble_quarantined and quarantined differ: a stored
record that does not decode is kept once, and comes again whenever its device is asked for its
records; and of a flood of such packets only some are kept (ble_quarantine_dropped).`;

function status(io: Io): Command {
  const command = sub('status', 'Says how the agent stands. Also while it runs.').addHelpText('after', COUNTS);
  return command.action(async (given: Common) => {
    const now = await (await load()).agentStatus(resolve(given.data));
    if (given.json) return io.json(now);
    const { standing } = await import('../standing.ts');
    io.table(standing(now, given).map((row) => ({ ...row })));
    if (now.forked)
      io.printError('The ledger holds an entry of this identity that it never signed: enroll with a new code.');
    for (const { held, shown } of now.evidence) {
      io.printError(`The log contradicted itself. Held:\n${held}\nShown:\n${shown}`);
    }
  });
}

function records(io: Io): Command {
  return sub('records', 'Lists the records of this gateway, newest first. Also while the agent runs.').action(
    async (given: Common) => {
      const listed = await (await load()).agentRecords(resolve(given.data));
      if (given.json) return io.json(listed);
      if (listed.records.length > 0)
        io.table(
          listed.records.map(({ id, interval, count, state, index }) => ({ id, ...interval, count, state, index })),
          ['id', 'start', 'end', 'count', 'state', 'index'],
        );
      else
        io.printError(
          `no records yet: a batch is sealed when it is 5 minutes old, or at once by ${typed('flush', given)}`,
        );
      if (!listed.complete) io.printError('The facility cannot be asked: older records may be missing.');
    },
  );
}

interface ProofOptions extends Common {
  out: string;
}

function proof(io: Io): Command {
  return sub('proof', "Writes a record's proof, for anybody to verify offline. Also while the agent runs.")
    .argument('<record>', 'its id from agent records, or its first 4 digits or more')
    .requiredOption('--out <file>', 'the proof; `.entry` (and `.own`) beside it replace its last ending')
    .action(async (record: string, given: ProofOptions) => {
      const made = await (await load()).agentProof(resolve(given.data), record);
      const files = await writeProof(given.out, made);
      const { index, online } = made;
      if (given.json) return io.json({ ...files, index, online });
      io.print(`${files.proof}${made.own === null ? '' : ' (through a newer entry)'}`);
    });
}

function flush(io: Io): Command {
  return sub('flush', 'Seals all there is now and, while the agent runs, waits until it is proven.').action(
    async (given: Common) => {
      const now = await (await load()).flushAgent(resolve(given.data));
      if (given.json) return io.json(now);
      io.print(`${now.proven} of ${counted(now.readings, 'reading')} proven`);
      if (!now.enrolled) io.printError(`not enrolled, so nothing is proven: ${typed(ENROLL, given)}`);
    },
  );
}
