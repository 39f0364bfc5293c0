import { type Finished, run } from './process.ts';

export interface CurlAnswer {
  /** 0: the connection was refused, or broke off. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each `WWW-Authenticate`, in order. */
  readonly challenges: readonly string[];
  readonly body: string;
  /** What curl itself said. */
  readonly said: string;
}

/** The last answer that the real curl gets, with its own ways to log in. */
export async function curl(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  input: string | Buffer = '',
): Promise<CurlAnswer> {
  const options = ['--silent', '--show-error', '--include', '--max-time', '60'];
  return answerOf(await run('curl', [...options, ...args], { env, input }));
}

function answerOf({ stdout, stderr }: Finished): CurlAnswer {
  let [head, rest] = headOf(stdout);
  // Answers before the last: 100 Continue, and a 401 that curl has taken up.
  while (/^HTTP\/[\d.]+ \d/.test(rest)) [head, rest] = headOf(rest);
  const [first = '', ...lines] = head.split('\r\n');
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(pairs),
    challenges: pairs.filter(([name]) => name === 'www-authenticate').map(([, value]) => value),
    body: rest,
    said: stderr,
  };
}

function headOf(text: string): [head: string, rest: string] {
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 4)];
}
