// `vitalseal completion SHELL`: a completion script made from the very tree of commands, so that it cannot lag behind.
import { Argument, Command } from 'commander';
import type { Io } from './io.ts';
import { quote } from './wording.ts';

/** One place on the command line: the words that may follow it. `path` is '' at the top, else 'agent devices'. */
interface Place {
  path: string;
  commands: { name: string; summary: string }[];
  /** What an argument may be, where that is a fixed list. */
  choices: { name: string; summary: string }[];
  /** `choices`: what its value may be, where that is a fixed list. */
  options: { flags: string[]; summary: string; takesValue: boolean; choices: readonly string[] }[];
}

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** The command; `tree` answers the whole program with every command loaded. */
export function completionCommand(io: Io, tree: () => Promise<Command>): Command {
  return new Command('completion')
    .description('Prints a completion script; for bash: source <(npx vitalseal completion bash)')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(Object.keys(SHELLS)))
    .action(async (shell: keyof typeof SHELLS) => io.write(SHELLS[shell](places(await tree()))));
}

/** Every place of the tree, the top first. */
export function places(root: Command): Place[] {
  const found: Place[] = [];
  const walk = (command: Command, path: string) => {
    found.push({
      path,
      commands: command.commands.map((child) => ({ name: child.name(), summary: summaryOf(child) })),
      choices: command.registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((name) => ({ name, summary: description })),
      ),
      options: [
        ...command.options.filter((option) => !option.hidden),
        command.createOption('-h, --help', 'show help'),
      ].map((option) => ({
        flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
        summary: option.description,
        takesValue: option.required || option.optional,
        choices: option.argChoices ?? [],
      })),
    });
    for (const child of command.commands) walk(child, `${path} ${child.name()}`.trim());
  };
  walk(root, '');
  return found;
}

function summaryOf(command: Command): string {
  return command.summary() || command.description();
}

/** What may follow an option, by the place and the option: `sim ble --pairing`. */
function valuesOf(all: Place[]): { after: string; choices: readonly string[] }[] {
  return all.flatMap(({ path, options }) =>
    options.flatMap(({ flags, choices }) =>
      choices.length === 0 ? [] : flags.map((flag) => ({ after: `${path} ${flag}`, choices })),
    ),
  );
}

/** The place is the longest path of plain words that is a place. Behind `npx` too, unless that has a completion already. */
function bashScript(all: Place[]): string {
  const cases = all.map(
    ({ path, commands, choices, options }) =>
      `    ${quote(path)}) words=${quote([...[...commands, ...choices].map(({ name }) => name), ...options.flatMap((o) => o.flags)].join(' '))} ;;`,
  );
  const values = valuesOf(all).map(({ after, choices }) => `    ${quote(after)}) words=${quote(choices.join(' '))} ;;`);
  return `# bash completion of vitalseal
_vitalseal() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" next words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "\${COMP_WORDS[i]}" == -* ]] && continue
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in ${all
      .slice(1)
      .map(({ path }) => quote(path))
      .join('|')}) path="$next" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
_vitalseal_npx() {
  [[ "\${COMP_WORDS[1]}" == vitalseal ]] && ((COMP_CWORD > 1)) || return
  COMP_WORDS=("\${COMP_WORDS[@]:1}")
  ((COMP_CWORD--))
  _vitalseal
}
complete -o default -F _vitalseal vitalseal
complete -p npx >/dev/null 2>&1 || complete -o default -F _vitalseal_npx npx
`;
}

function zshScript(all: Place[]): string {
  const cases = all.map(({ path, commands, choices, options }) => {
    const words = [
      ...[...commands, ...choices].map(({ name, summary }) => `${name}:${summary}`),
      ...options.flatMap(({ flags, summary }) => flags.map((flag) => `${flag}:${summary}`)),
    ];
    return `    ${quote(path)}) choices=(${words.map(quote).join(' ')}) ;;`;
  });
  const values = valuesOf(all).map(
    ({ after, choices }) => `    ${quote(after)}) choices=(${choices.map(quote).join(' ')}) ;;`,
  );
  return `#compdef vitalseal
_vitalseal() {
  local place="" next word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -* ]] && continue
    next="\${place:+$place }$word"
    case "$next" in ${all
      .slice(1)
      .map(({ path }) => quote(path))
      .join('|')}) place="$next" ;; esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $words[CURRENT-1]" in
${values.join('\n')}
  esac
  _describe 'vitalseal' choices || _files
}
compdef _vitalseal vitalseal
`;
}

function fishScript(all: Place[]): string {
  const lines = ['# fish completion of vitalseal'];
  for (const { path, commands, choices, options } of all) {
    const seen = path.split(' ').filter((word) => word !== '');
    const inside = seen.map((word) => `__fish_seen_subcommand_from ${word}`);
    const not = commands.map(({ name }) => name).join(' ');
    const place = [...inside, ...(not ? [`not __fish_seen_subcommand_from ${not}`] : [])].join('; and ');
    const when = place ? ` -n ${quote(place)}` : '';
    for (const { name, summary } of [...commands, ...choices]) {
      lines.push(`complete -c vitalseal -f${when} -a ${quote(name)} -d ${quote(summary)}`);
    }
    for (const { flags, summary, takesValue, choices } of options) {
      const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      lines.push(
        `complete -c vitalseal${when} ${names.join(' ')}${fishValue(takesValue, choices)} -d ${quote(summary)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** In fish: that an option wants a value, and which there are. */
function fishValue(takesValue: boolean, choices: readonly string[]): string {
  if (choices.length > 0) return ` -x -a ${quote(choices.join(' '))}`;
  return takesValue ? ' -r' : '';
}
