import type { ApiClient } from '../../../cli/api-client/api-client.ts';
import type { CommandContext, Options, Outcome } from '../../../cli/command.ts';
import { COMMANDS } from '../../../cli/commands/index.ts';
import { Config, readEnvironment } from '../../../cli/config.ts';
import { readGlobalOptions } from '../../../cli/global-options.ts';
import { UserGit } from '../../../cli/working-copy/run-git.ts';

/** Thrown by the server that is not there, with what it was asked for. */
export class Asked extends Error {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;

  constructor(operation: string, input: Readonly<Record<string, unknown>>) {
    super(`asked for ${operation}`);
    this.operation = operation;
    this.input = input;
  }
}

export interface Surroundings {
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** Runs a command without a process and a server around it; asking the server throws `Asked`. */
export async function runCommand(
  name: string,
  args: readonly string[],
  options: Options,
  { environment = {}, input = '' }: Surroundings = {},
): Promise<Outcome> {
  const spec = COMMANDS.find((one) => one.name === name);
  if (spec === undefined) throw new Error(`There is no command ${name}.`);
  const api = {
    url: 'https://git.example.org',
    token: null,
    call: (operation: string, given: Record<string, unknown>) =>
      Promise.reject(new Asked(operation, given)),
  };
  const nothing = (): void => {};
  const context: CommandContext = {
    config: new Config(readEnvironment({ HOME: '/nonexistent', ...environment })),
    api: api as unknown as ApiClient,
    given: readGlobalOptions({}),
    cwd: '/',
    git: new UserGit('/', {}),
    progress: {
      track: () => ({ start: nothing, add: nothing, note: nothing, done: nothing }),
      say: nothing,
      stop: nothing,
    },
    note: nothing,
    interruptible: (act) => act(new AbortController().signal),
    readInput: () => Promise.resolve(input),
  };
  return spec.run(context, args, options);
}

/** What the command asks the server for, first. */
export async function askedBy(
  name: string,
  args: readonly string[],
  options: Options,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    await runCommand(name, args, options);
  } catch (error) {
    if (error instanceof Asked) return error.input;
    throw error;
  }
  throw new Error(`centpkg ${name} did not ask the server.`);
}
