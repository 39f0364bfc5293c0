import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { ApiInput } from '../../core/api/schemas.ts';
import type { CommandContext } from '../command.ts';
import type { FieldPath, SourceFile, SyntaxProblem } from './source-file.ts';

/** What the server takes. */
const MAX_BYTES = 900 * 1024;

export interface DeclarationFile {
  /** As the file has it; what it must be like is the server's to say. */
  readonly body: ApiInput<'applyDeclaration'>;
  /** An error of the server, with the places in the file for those in the request. */
  inFile(error: unknown): unknown;
}

/**
 * @param name a file of YAML, JSON or, by its end, TOML; `-` is YAML from standard input
 * @throws DistGitError `input_invalid` with the line of everything that is not YAML, JSON or TOML
 */
export async function readDeclaration(
  context: Pick<CommandContext, 'cwd' | 'readInput'>,
  name: string,
): Promise<DeclarationFile> {
  const text = name === '-' ? await context.readInput() : await textOf(resolve(context.cwd, name));
  if (Buffer.byteLength(text) > MAX_BYTES)
    fail('too_large', `${name} is larger than ${MAX_BYTES} bytes.`, 'Apply it in several files.');
  const source = await parse(name, text);
  if (isProblems(source))
    throw invalid(
      name,
      source.map(({ line, message }) => ({ path: `${name}:${line}`, message })),
    );
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(name, [{ path: `${name}:1`, message: 'There is no "collections:" in it.' }]);
  const place = (path: FieldPath): string =>
    `${name}:${source.lineOf(path)}${path.length === 0 ? '' : ` ${path.join('.')}`}`;
  return {
    body: value as ApiInput<'applyDeclaration'>,
    inFile: (raw) => inFile(raw, name, place),
  };
}

/** The parsers are large: no other command waits for them. */
async function parse(name: string, text: string) {
  if (name.endsWith('.toml')) return (await import('./toml-file.ts')).readToml(text);
  return (await import('./yaml-file.ts')).readYaml(text);
}

const isProblems = (
  source: SourceFile | readonly SyntaxProblem[],
): source is readonly SyntaxProblem[] => Array.isArray(source);

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') fail('not_found', `There is no file ${file}.`, 'See --file.');
    return fail('usage', `${file} can not be read (${code ?? 'unknown'}).`, 'See --file.');
  }
}

function invalid(
  name: string,
  problems: readonly { readonly path: string; readonly message: string }[],
): DistGitError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new DistGitError('input_invalid', `${name} has ${count}; nothing was changed.`, {
    detail: { problems, remedy: 'Correct it, and apply it again.' },
  });
}

type Problems = NonNullable<DistGitError['detail']['problems']>;

/** `body.collections.3.name` becomes `FILE:12 collections.3.name`. */
function inFile(error: unknown, name: string, place: (path: FieldPath) => string): unknown {
  if (!(error instanceof DistGitError) || error.code !== 'input_invalid') return error;
  const problems = problemsOf(error).flatMap((problem) => {
    const [root, ...parts] = problem.path.split('.');
    const field = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    if (root !== 'body' || field[0] === 'prune') return [problem];
    // A field too many is a problem at its own line.
    const keys = /^Unrecognized keys?: (.*)$/.exec(problem.message)?.[1]?.match(/"[^"]*"/g);
    return keys === null || keys === undefined
      ? [{ path: place(field), message: problem.message }]
      : keys.map((key) => ({
          path: place([...field, key.slice(1, -1)]),
          message: 'is not a field',
        }));
  });
  return problems.length === 0 ? error : invalid(name, problems);
}

/** One problem alone is the error's message. */
function problemsOf({ message, detail }: DistGitError): Problems {
  const [, path, only] = /^(body(?:\.[^:\s]+)?): (.+)$/s.exec(message) ?? [];
  if (detail.problems === undefined && path !== undefined && only !== undefined)
    return [{ path, message: only }];
  return detail.problems ?? [];
}
