// vitalseal wallet …: a person's keys.
import { resolve } from 'node:path';
import type { Role } from '@vitalseal/ledger';
import { Command, Option } from 'commander';
import type { Io } from '../io.ts';

interface InitOptions {
  facility: string;
  code: string;
  data: string;
  role: Role;
  ca?: string;
  json?: boolean;
}

export function walletCommand(io: Io): Command {
  const command = new Command('wallet').description("A person's keys: made here, and never sent anywhere.");
  command.addCommand(initCommand(io));
  return command;
}

function initCommand(io: Io): Command {
  return new Command('init')
    .description('Makes a person’s keys and registers them with an invite. Interrupted, it goes on when run again.')
    .requiredOption('--facility <url>', 'where the facility is')
    .requiredOption('--code <code>', 'the invite, from: vitalseal facility invite --role patient')
    .option('--data <dir>', 'folder for the keys', '.vitalseal/wallet')
    .addOption(
      new Option('--role <role>', 'the role that the invite is for')
        .choices(['patient', 'doctor', 'insurer', 'legal'])
        .default('patient'),
    )
    .option('--ca <file>', 'certificates (PEM) that alone are believed')
    .option('--json', 'print one JSON object as the last line')
    .action(async ({ facility, code, data, role, ca, json }: InitOptions) => {
      const { initWallet } = await import('@vitalseal/wallet');
      const place = { facilityUrl: facility, ...(ca === undefined ? {} : { caFile: ca }) };
      const made = await initWallet({ ...place, dir: resolve(data), code, role });
      if (json) return io.json(made);
      io.print(`address   ${made.address}`);
      io.print(`identity  ${made.identity}`);
      io.print(`Print ${made.recovery}, keep it in a drawer, and remove the file.`);
    });
}
