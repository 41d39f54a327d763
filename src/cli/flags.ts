/** One flag of a command, as users of kubectl know flags. */
export interface Flag {
  /** Without dashes, e.g. `data-dir`. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly default?: string | boolean | number;
  /** What stands for the value in the help, e.g. `DIR`. */
  readonly placeholder?: string;
  readonly help: string;
}

export type FlagValues = Readonly<Record<string, string | boolean | number | undefined>>;

export interface ParsedArguments {
  readonly flags: FlagValues;
  readonly positional: readonly string[];
}

/** A mistake in the command line: a sentence for the user, who gets no stack trace. */
export class UsageError extends Error {}

/**
 * Parses arguments by the rules of Go's pflag: `--name value`, `--name=value`, `-n value`, `-nvalue`, `--bool`,
 * `--bool=false`, and `--` ends the flags. Flags and positional arguments may be mixed.
 * @throws UsageError
 */
export function parseFlags(flags: readonly Flag[], args: readonly string[]): ParsedArguments {
  const values: Record<string, string | boolean | number | undefined> = Object.create(null);
  for (const flag of flags) values[flag.name] = flag.default;
  const positional: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') return { flags: values, positional: [...positional, ...rest] };
    if (arg.startsWith('--')) readLong(flags, values, arg, rest);
    else if (arg.startsWith('-') && arg.length > 1) readShort(flags, values, arg, rest);
    else positional.push(arg);
  }
  return { flags: values, positional };
}

type Values = Record<string, string | boolean | number | undefined>;

function readLong(flags: readonly Flag[], values: Values, arg: string, rest: string[]): void {
  const equals = arg.indexOf('=');
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const flag = flags.find((f) => f.name === name);
  if (!flag) throw new UsageError(`unknown flag: --${name}`);
  const given = equals < 0 ? undefined : arg.slice(equals + 1);
  values[flag.name] = convert(flag, `--${name}`, given ?? implied(flag, `--${name}`, rest));
}

function readShort(flags: readonly Flag[], values: Values, arg: string, rest: string[]): void {
  const flag = flags.find((f) => f.short === arg[1]);
  if (!flag) throw new UsageError(`unknown shorthand flag: '${arg[1]}' in ${arg}`);
  const attached = arg.slice(2).replace(/^=/, '');
  values[flag.name] = convert(flag, `-${flag.short}`, attached || implied(flag, `-${flag.short}`, rest));
}

/** The value of a flag that was given without `=`: `true` for a boolean, the next argument for the others. */
function implied(flag: Flag, shown: string, rest: string[]): string {
  if (flag.type === 'boolean') return 'true';
  const next = rest.shift();
  if (next === undefined) throw new UsageError(`flag needs an argument: ${shown}`);
  return next;
}

function convert(flag: Flag, shown: string, text: string): string | boolean | number {
  if (flag.type === 'string') return text;
  if (flag.type === 'integer') {
    if (!/^\d{1,9}$/.test(text))
      throw new UsageError(`invalid argument "${text}" for "${shown}" flag: not a whole number`);
    return Number(text);
  }
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new UsageError(`invalid argument "${text}" for "${shown}" flag: not true or false`);
}

/** The flags as the help lists them, one line each. */
export function describeFlags(flags: readonly Flag[]): string {
  const left = flags.map((f) => {
    const value = f.type === 'boolean' ? '' : ` ${f.placeholder ?? (f.type === 'integer' ? 'N' : 'TEXT')}`;
    return `  ${f.short ? `-${f.short}, ` : '    '}--${f.name}${value}`;
  });
  const width = Math.max(...left.map((l) => l.length)) + 3;
  return flags
    .map((f, i) => {
      const shown = f.default === undefined || f.default === false || f.default === '' ? '' : ` (default ${f.default})`;
      return `${left[i]!.padEnd(width)}${f.help}${shown}`;
    })
    .join('\n');
}
