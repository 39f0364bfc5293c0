export type Options = Readonly<Record<string, unknown>>;

export interface OptionSpec {
  /** As commander writes it: `-b, --branch <name>`. */
  readonly flags: string;
  readonly help: string;
  /** May be given several times, or as a list with commas; `whole`: commas are part of it. */
  readonly list?: boolean | 'whole';
  readonly choices?: readonly string[];
}

/** A string option, or undefined. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flagOption(options: Options, name: string): boolean {
  return options[name] === true;
}

/** A list option; undefined where it was not given. */
export function listOption(options: Options, name: string): string[] | undefined {
  const value = options[name];
  return Array.isArray(value) && value.length > 0 ? (value as string[]) : undefined;
}
