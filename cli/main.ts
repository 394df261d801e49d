// The `vitalseal` command: finds which command is meant, loads that one alone, and turns what it throws into an exit
// code. Nothing heavy is imported here, so that a short command starts as fast as Node does.
import { Command, CommanderError } from 'commander';
import { type Io, processIo } from './io.ts';

interface Lazy {
  summary: string;
  load: () => Promise<(io: Io) => Command>;
}

const COMMANDS: Readonly<Record<string, Lazy>> = {
  start: {
    summary: 'run a facility, an agent and simulated equipment with embedded defaults',
    load: async () => (await import('./commands/start.ts')).startCommand,
  },
  demo: {
    summary: 'the same without a terminal, in a temporary folder, and count what was proven',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  facility: {
    summary: 'the full node: admits, orders, stores, publishes checkpoints',
    load: async () => (await import('./commands/facility.ts')).facilityCommand,
  },
  agent: {
    summary: 'the light node on the gateway: collects, seals, registers, proves',
    load: async () => (await import('./commands/agent.ts')).agentCommand,
  },
  wallet: {
    summary: "a person's keys",
    load: async () => (await import('./commands/wallet.ts')).walletCommand,
  },
  read: {
    summary: 'fetch, check and decrypt records as their owner',
    load: async () => (await import('./commands/read.ts')).readCommand,
  },
  verify: {
    summary: 'check an exported proof, offline',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  decode: {
    summary: 'say what the bytes of a Bluetooth characteristic mean',
    load: async () => (await import('./commands/decode.ts')).decodeCommand,
  },
  sim: {
    summary: 'simulated wearables and equipment, and replay of recordings',
    load: async () => (await import('./commands/sim.ts')).simCommand,
  },
  completion: {
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => {
      const { completionCommand } = await import('./completion.ts');
      return (io) => completionCommand(io, () => commandTree(io));
    },
  },
};

/** Exit code of a command line that is not understood. */
const EXIT_USAGE = 2;

/**
 * Runs one command line (without `node` and the script).
 * @returns the exit code: 0, 2 for a usage error, else what the error registry says
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const wantsJson = argv.includes('--json');
  // A command may print its result and fail all the same (a record that could not be read): the last line is the result.
  let printed = false;
  const tracking: Io = Object.create(io, {
    json: {
      value: (value: unknown) => {
        printed = true;
        io.json(value);
      },
    },
  });
  try {
    const program = await programFor(argv, tracking);
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error, io, wantsJson && !printed);
  }
}

/** The program with every command loaded: what the completion scripts are made of. */
export async function commandTree(io: Io): Promise<Command> {
  const program = bareProgram();
  for (const name of Object.keys(COMMANDS)) program.addCommand(await loaded(name, io));
  return program;
}

/** The program with the one command loaded that `argv` means; the others are only listed. */
async function programFor(argv: readonly string[], io: Io): Promise<Command> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const meant = words[0] === 'help' ? words[1] : words[0];
  const program = bareProgram().version(await version(argv), '-V, --version', 'print the version');
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    program.addCommand(name === meant ? await loaded(name, io) : new Command(name).summary(summary));
  }
  return throwing(program, io);
}

function bareProgram(): Command {
  return new Command('vitalseal')
    .description('Collects readings of wearables and hospital equipment, seals them, and proves that they existed.')
    .showHelpAfterError('(add --help for what is possible)');
}

async function loaded(name: string, io: Io): Promise<Command> {
  const lazy = COMMANDS[name];
  if (!lazy) throw new Error(`no command ${name}`);
  const command = (await lazy.load())(io);
  return command.summary(lazy.summary);
}

/** Read only when asked for: a version number stands in one place, the package's. */
async function version(argv: readonly string[]): Promise<string> {
  if (!argv.includes('--version') && !argv.includes('-V')) return '';
  return (await import('./package.json', { with: { type: 'json' } })).default.version;
}

/** `--ble --data DIR`: an option is nobody's value. Else the value that is missing would be found out by what stands after it. */
function wantingValues(command: Command): void {
  for (const option of command.options) {
    if (!option.required || option.variadic) continue;
    const parse = option.parseArg;
    option.argParser((value: string, before: unknown) => {
      if (command.options.some(({ long, short }) => value === long || value === short))
        command.error(`error: option '${option.flags}' argument missing: '${value}' is an option itself`);
      return parse === undefined ? value : parse(value, before);
    });
  }
}

/** Commander ends the process by itself, and a subcommand made apart does not inherit that it shall not. */
function throwing(command: Command, io: Io): Command {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.write(text),
    writeErr: (text) => io.printError(text.trimEnd()),
    outputError: (text, write) => write(text.replace(/^error: /, 'vitalseal: usage: ')),
    getOutHelpWidth: () => io.width,
  });
  wantingValues(command);
  for (const child of command.commands) throwing(child, io);
  return command;
}

async function report(error: unknown, io: Io, json: boolean): Promise<number> {
  if (error instanceof CommanderError) {
    // Help that was asked for ends well; help shown because a word was missing does not.
    if (error.exitCode === 0) return 0;
    if (json) io.json({ error: { code: 'usage', message: error.message.replace(/^error: /, '') } });
    return EXIT_USAGE;
  }
  const { ERRORS, isVitalsealError } = await import('@vitalseal/ledger');
  const known = isVitalsealError(error) ? error : ofSystem(error);
  if (known !== null) {
    io.printError(`vitalseal: ${known.code}: ${known.message}`);
    if (json) io.json({ error: { code: known.code, message: known.message } });
    return ERRORS[known.code].exit;
  }
  // Not one of ours: a fault of the program. The stack tells where; nothing of it is repeated on stdout.
  io.printError(`vitalseal: internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (json) io.json({ error: { code: 'internal', message: ERRORS.internal.meaning } });
  return ERRORS.internal.exit;
}

/** What the person who typed a path can mend; the rest is a store that failed. */
const OF_THE_PATH: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it',
  EEXIST: 'something of this name is there already',
  EISDIR: 'it is a folder, not a file',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file stands where a folder is needed',
  EPERM: 'the system does not allow it',
  EROFS: 'nothing can be written there',
};

/** A file that was named on the command line and cannot be used; null for an error that says nothing of a file. */
function ofSystem(error: unknown): { code: 'usage' | 'disk_full' | 'store_failed'; message: string } | null {
  if (!(error instanceof Error)) return null;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (typeof path !== 'string' || typeof code !== 'string') return null;
  const words = OF_THE_PATH[code] ?? `${syscall ?? 'use'} failed`;
  const message = `${path}: ${words} (${code})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { code: 'disk_full', message };
  return { code: Object.hasOwn(OF_THE_PATH, code) ? 'usage' : 'store_failed', message };
}
