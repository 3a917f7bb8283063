import { Argument, type Command, type Option } from 'commander';
import { print } from './output';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print what makes a shell complete commands, options and values')
    .description('Prints a script that makes a shell complete the commands, options and values of caliper.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
To have it in every new shell:
  bash  echo 'eval "$(caliper completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(caliper completion zsh)"' >> ~/.zshrc, after compinit
  fish  caliper completion fish > ~/.config/fish/completions/caliper.fish`,
    )
    .action((shell: Shell) => print(completion(program, shell)));
}

/** What a shell must know of an option. */
interface KnownOption {
  /** `--output`, `-o`. */
  readonly flags: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  readonly repeats: boolean;
  readonly choices: readonly string[];
  /** Its value is a file or a folder. */
  readonly isPath: boolean;
}

interface KnownCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly KnownOption[];
  readonly choices: readonly string[];
}

/** Values that are called so are on a disk. */
const PATHS = /<(file|path|csv|model)>/;

function known(program: Command): KnownCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.summary(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(knownOption), HELP],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));
}

const HELP: KnownOption = {
  flags: ['--help', '-h'],
  about: 'explain the command',
  takesValue: false,
  repeats: false,
  choices: [],
  isPath: false,
};

function knownOption(option: Option): KnownOption {
  return {
    flags: [option.long, option.short].filter((flag) => flag != null),
    about: option.description,
    takesValue: option.required || option.optional,
    repeats: option.description.includes('may be repeated'),
    choices: option.argChoices ?? [],
    isPath: PATHS.test(option.flags),
  };
}

/** The script for a shell, made from the program's own commands and options. */
export function completion(program: Command, shell: Shell): string {
  const commands = known(program);
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly KnownCommand[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ flags, takesValue, choices, isPath }) => {
      if (!takesValue) return [];
      const what = isPath ? 'return' : `words=${quoted(choices.join(' '))}; only=1`;
      return flags.map((flag) => `    ${quoted(`${name} ${flag}`)}) ${what} ;;`);
    }),
  );
  const options = commands.map(({ name, options: own }) => {
    return `    ${name}) words=${quoted(own.flatMap(({ flags }) => flags).join(' '))} ;;`;
  });
  const choices = commands.flatMap(({ name, choices: own }) =>
    own.length === 0 ? [] : [`    ${name}) words=${quoted(own.join(' '))}; only=1 ;;`],
  );
  return `# Completion of caliper for bash.
_caliper() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]} words= only=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    case "$current" in
      -*) words='--help --version' ;;
      *) words=${quoted([...commands.map(({ name }) => name), 'help'].join(' '))} ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  if [ "$current" = = ]; then current=; elif [ "$previous" = = ]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case "$command $previous" in
${values.join('\n')}
  esac
  if [ -z "$only" ]; then case "$current" in -*) case "$command" in
${options.join('\n')}
  esac ;; *) case "$command" in
    help) words=${quoted(commands.map(({ name }) => name).join(' '))}; only=1 ;;
${choices.join('\n')}
  esac ;; esac; fi
  # Files are what is left: readline completes them where there are no words.
  if [ -n "$only" ]; then compopt +o default +o bashdefault 2>/dev/null; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _caliper caliper
`;
}

function zsh(commands: readonly KnownCommand[]): string {
  const specs = commands.map(({ name, options, choices }) => {
    const lines = options.flatMap((option) => option.flags.map((flag) => zshOption(option, flag)));
    lines.push(choices.length === 0 ? "'*:file:_files'" : quoted(`1:value:(${choices.join(' ')})`));
    return `    ${name})\n      _arguments \\\n${lines.map((line) => `        ${line}`).join(' \\\n')} ;;`;
  });
  return `#compdef caliper
# Completion of caliper for zsh.
_caliper() {
  local -a commands
  commands=(
${commands.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _files
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${specs.join('\n')}
  esac
}
if [ "$funcstack[1]" = _caliper ]; then _caliper "$@"; else compdef _caliper caliper; fi
`;
}

function zshOption({ about, takesValue, repeats, choices, isPath }: KnownOption, flag: string): string {
  const said = about.replace(/[[\]\\:]/g, (sign) => `\\${sign}`);
  const value = choices.length > 0 ? `(${choices.join(' ')})` : isPath ? '_files' : ' ';
  return quoted(`${repeats ? '*' : ''}${flag}[${said}]${takesValue ? `:value:${value}` : ''}`);
}

function fish(commands: readonly KnownCommand[]): string {
  const lines = commands.flatMap(({ name, about, options, choices }) => {
    const within = `complete -c caliper -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c caliper -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
      ...(choices.length === 0 ? [] : [`${within} -f -a ${quoted(choices.join(' '))}`]),
      ...options.map((option) => `${within} ${fishOption(option)}`),
    ];
  });
  return `# Completion of caliper for fish.\n${lines.join('\n')}\n`;
}

function fishOption({ flags, about, takesValue, choices, isPath }: KnownOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : isPath ? ' -r -F' : ' -x';
  return `${names.join(' ')}${takesValue ? value : ''} -d ${quoted(about)}`;
}

/** One word of a shell. In fish a backslash before a quote is the same within quotes as outside of them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
