import { spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

export interface Expectation {
  /** Exit status; 0 where nothing is said. */
  readonly exit?: number;
  /** Each must be in what the command prints. */
  readonly shows?: readonly string[];
}

/** How this machine reaches package registries: `npm pack` needs it, nothing else does. */
const MACHINE = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$)/i.test(name),
  ),
);

/** Raised when a step goes other than told. */
export class StoryError extends Error {}

const paint = (code: number, text: string): string =>
  process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;

/** Where the story is played: a folder of its own, people with a home each, real commands. */
export class Stage {
  readonly root: string;
  readonly #path: string;

  private constructor(root: string) {
    this.root = root;
    this.#path = [join(root, 'bin'), process.env.PATH ?? ''].join(delimiter);
  }

  static async open(root: string): Promise<Stage> {
    await mkdir(join(root, 'bin'), { recursive: true });
    const bundle = resolve(import.meta.dirname, '../../dist/centpkg.js');
    await symlink(bundle, join(root, 'bin/centpkg'));
    return new Stage(root);
  }

  chapter(title: string): void {
    process.stdout.write(`\n${paint(1, `== ${title}`)}\n`);
  }

  tell(text: string): void {
    process.stdout.write(`${paint(2, `# ${text}`)}\n`);
  }

  async person(name: string): Promise<Person> {
    const home = join(this.root, name);
    await mkdir(home, { recursive: true });
    return new Person(name, home, this.#path);
  }
}

/** Runs commands as one person, shows them and their output as it comes. */
export class Person {
  readonly name: string;
  readonly home: string;
  readonly #path: string;

  constructor(name: string, home: string, path: string) {
    this.name = name;
    this.home = home;
    this.#path = path;
  }

  /**
   * @param folder relative to the person's home
   * @returns all that the command printed
   * @throws StoryError where it ends or prints other than expected
   */
  async does(
    folder: string,
    words: readonly string[],
    expected: Expectation = {},
  ): Promise<string> {
    const shown = words
      .map((word) => (/[^\w@%+=:,./~-]/.test(word) ? `'${word}'` : word))
      .join(' ');
    process.stdout.write(
      `${paint(36, `${this.name}:${folder === '.' ? '~' : `~/${folder}`}$ ${shown}`)}\n`,
    );
    const { exit, output } = await this.#run(folder, words);
    const wanted = expected.exit ?? 0;
    if (exit !== wanted) throw new StoryError(`${shown}: exit status ${exit} instead of ${wanted}`);
    for (const text of expected.shows ?? [])
      if (!output.includes(text))
        throw new StoryError(`${shown}: does not show ${JSON.stringify(text)}`);
    return output;
  }

  #run(folder: string, [program = '', ...args]: readonly string[]) {
    return new Promise<{ exit: number | null; output: string }>((done, failed) => {
      const child = spawn(program, args, {
        cwd: join(this.home, folder),
        env: {
          ...MACHINE,
          PATH: this.#path,
          HOME: this.home,
          LC_ALL: 'C.UTF-8',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_TERMINAL_PROMPT: '0',
          GIT_AUTHOR_NAME: this.name,
          GIT_AUTHOR_EMAIL: `${this.name}@example.org`,
          GIT_COMMITTER_NAME: this.name,
          GIT_COMMITTER_EMAIL: `${this.name}@example.org`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          process.stdout.write(text);
        });
      child.on('error', failed);
      child.on('close', (exit) => done({ exit, output }));
    });
  }
}
