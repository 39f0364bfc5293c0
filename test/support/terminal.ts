import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Centpkg, RunOptions } from './centpkg.ts';

const ESC = '\u001b';
/** A control sequence: `ESC [ <number> <letter>`. */
const SEQUENCE = new RegExp(`${ESC}\\[\\??(\\d*)([A-Za-z])`, 'u');

/** Text without control sequences, whatever they would have done. */
export function withoutSequences(text: string): string {
  return text.replace(new RegExp(SEQUENCE, 'gu'), '');
}

/** What a terminal shows after it was sent some text, and what has scrolled off its top. */
export class Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Every line since the beginning; the last `rows` of them are on the screen. */
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Text, line feed, return, and the sequences of `#obey`. */
  write(text: string): this {
    for (const found of text.matchAll(new RegExp(`${SEQUENCE.source}|[^]`, 'gu'))) {
      const [piece, count = '', command] = found;
      if (command !== undefined) this.#obey(command, Number(count));
      else if (piece === '\n') this.#down();
      else if (piece === '\r') this.#column = 0;
      else this.#print(piece);
    }
    return this;
  }

  #obey(command: string, count: number): void {
    if (command === 'A') this.#row = Math.max(this.#top, this.#row - (count || 1));
    else if (command === 'G') this.#column = Math.max(0, count - 1);
    else if (command === 'K') this.#put(count === 2 ? 0 : this.#column, '');
    else if (command === 'J' && count === 0) {
      this.#put(this.#column, '');
      for (let row = this.#row + 1; row < this.#lines.length; row++) this.#lines[row] = '';
    } else if (!/[hl]/.test(command)) throw new Error(`The terminal does not know ${command}`);
  }

  /** All lines from the first on, without trailing blanks. */
  get history(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.rows);
  }

  #down(): void {
    this.#row++;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  #print(char: string): void {
    if (this.#column === this.columns) {
      this.#down();
      this.#column = 0;
    }
    const line = this.#lines[this.#row] ?? '';
    this.#put(this.#column, char + line.slice(this.#column + 1));
    this.#column++;
  }

  #put(column: number, rest: string): void {
    const line = this.#lines[this.#row] ?? '';
    this.#lines[this.#row] = line.padEnd(column).slice(0, column) + rest;
  }
}

export interface TerminalSession {
  readonly code: number | null;
  /** All that came, as it was sent. */
  readonly raw: string;
  /** What the terminal has shown, line by line. */
  readonly history: readonly string[];
}

/** Runs a shell command of a person on a terminal of this size, by util-linux's `script`. */
export async function onTerminal(
  person: Centpkg,
  command: string,
  { columns, rows, ...options }: RunOptions & { columns: number; rows: number },
): Promise<TerminalSession> {
  const sized = `stty rows ${rows} columns ${columns}; ${command}`;
  const env = { SHELL: '/bin/sh', TERM: 'xterm', ...options.env };
  const args = ['--quiet', '--return', '--command', sized, '/dev/null'];
  const { code, stdout } = await person.does('script', args, { ...options, env });
  return { code, raw: stdout, history: new Terminal(columns, rows).write(stdout).history };
}

/** A program on a terminal while it runs. */
export interface RunningSession {
  /** Keys that the person presses: `\u0003` is Ctrl-C. */
  type(keys: string): void;
  /** All that came so far. */
  shown(): string;
  /** The whole session, at its end. */
  readonly ended: Promise<TerminalSession>;
}

/** Like `onTerminal`, for a person who presses keys while the program runs. */
export function startOnTerminal(
  person: Centpkg,
  command: string,
  { columns, rows, cwd = person.home }: { columns: number; rows: number; cwd?: string },
): RunningSession {
  const sized = `stty rows ${rows} columns ${columns}; exec ${command}`;
  const args = ['--quiet', '--return', '--command', sized, '/dev/null'];
  const env = { ...person.env, SHELL: '/bin/sh', TERM: 'xterm' };
  const child = spawn('script', args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let raw = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    const { history } = new Terminal(columns, rows).write(raw);
    return { code: code as number | null, raw, history };
  });
  return { type: (keys) => child.stdin.write(keys), shown: () => raw, ended };
}
