import { spawnSync } from 'node:child_process';
import { Argument, Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionCommand, places } from './completion.ts';
import { recordingIo } from './io.ts';

function tree(): Command {
  const root = new Command('vitalseal');
  const agent = new Command('agent').description("the light node, isn't it");
  const devices = new Command('devices').summary('what may send');
  devices.addCommand(new Command('add').option('-o, --owner <address>', 'whose readings'));
  agent.addCommand(devices);
  const sim = new Command('sim').addArgument(new Argument('<kind...>', 'what to simulate').choices(['cgm', 'scale']));
  sim.addOption(new Option('-p, --pairing <how>', 'how it is paired').choices(['just-works', 'passkey']));
  return root.addCommand(agent).addCommand(new Command('verify')).addCommand(sim);
}

async function script(shell: string): Promise<string> {
  const recorded = recordingIo();
  await completionCommand(recorded.io, async () => tree()).parseAsync([shell], { from: 'user' });
  return recorded.stdout();
}

describe('completion', () => {
  it('knows every place of the tree', () => {
    expect(places(tree()).map(({ path }) => path)).toEqual([
      '',
      'agent',
      'agent devices',
      'agent devices add',
      'verify',
      'sim',
    ]);
  });

  it.each([
    ['vitalseal ', 'agent verify sim --help -h'],
    ['vitalseal a', 'agent'],
    ['vitalseal agent ', 'devices --help -h'],
    ['vitalseal agent --data agent devices ad', 'add'],
    ['vitalseal agent devices add --o', '--owner'],
    ['vitalseal sim ', 'cgm scale --pairing -p --help -h'],
    ['vitalseal sim cgm s', 'scale'],
    ['vitalseal sim cgm --pairing ', 'just-works passkey'],
    ['vitalseal sim -p pa', 'passkey'],
  ])('bash completes %j', async (line, expected) => {
    const words = line.split(' ');
    const program = `${await script('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _vitalseal; echo "\${COMPREPLY[*]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(expected);
  });

  it.each([
    ['npx vitalseal agent ', 'devices --help -h'],
    ['npx vitalseal agent devices add --o', '--owner'],
    ['npx ', ''],
    ['npx vitals', ''],
    ['npx vitest ag', ''],
  ])('bash completes %j, and leaves the rest of npx alone', async (line, expected) => {
    const words = line.split(' ');
    const program = `${await script('bash')}
complete -p npx
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _vitalseal_npx; echo "\${COMPREPLY[*]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual(['complete -o default -F _vitalseal_npx npx', expected, '']);
  });

  it('takes no completion of npx away', async () => {
    const program = `complete -F theirs npx; ${await script('bash')} complete -p npx`;
    expect(spawnSync('bash', ['-c', program], { encoding: 'utf8' }).stdout).toBe('complete -F theirs npx\n');
  });

  it('offers what an argument may be in every shell', async () => {
    expect(await script('zsh')).toContain(`'sim') choices=('cgm:what to simulate' 'scale:what to simulate' `);
    expect(await script('fish')).toContain(`'__fish_seen_subcommand_from sim' -a 'scale' -d 'what to simulate'`);
  });

  it('offers what an option may be in every shell', async () => {
    expect(await script('zsh')).toContain(`'sim --pairing') choices=('just-works' 'passkey') ;;`);
    expect(await script('fish')).toContain(`-l pairing -s p -x -a 'just-works passkey' -d 'how it is paired'`);
  });

  it('quotes what stands in a description', async () => {
    expect(await script('zsh')).toContain(`'agent:the light node, isn'\\''t it'`);
    expect(await script('fish')).toContain(`-d 'the light node, isn'\\''t it'`);
  });
});
