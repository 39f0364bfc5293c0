import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { declaration } from '../../core/api/declaration-schemas.ts';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import type { CommandContext } from '../command.ts';
import type { FieldPath, SourceFile, SyntaxProblem } from './source-file.ts';
import { readToml } from './toml-file.ts';
import { readYaml } from './yaml-file.ts';

/** What the server takes. */
const MAX_BYTES = 900 * 1024;

export interface DeclarationFile {
  /** As the file has it; the schema has found nothing wrong. */
  readonly body: z.input<typeof declaration>;
  /** An error of the server, with the places in the file for those in the request. */
  inFile(error: unknown): unknown;
}

/**
 * @param name a file of YAML, JSON or, by its end, TOML; `-` is YAML from standard input
 * @throws DistGitError `input_invalid` with the line and field of everything that is wrong
 */
export async function readDeclaration(
  context: Pick<CommandContext, 'cwd' | 'readInput'>,
  name: string,
): Promise<DeclarationFile> {
  const text = name === '-' ? await context.readInput() : await textOf(resolve(context.cwd, name));
  if (Buffer.byteLength(text) > MAX_BYTES)
    fail('too_large', `${name} is larger than ${MAX_BYTES} bytes.`, 'Apply it in several files.');
  const source = name.endsWith('.toml') ? readToml(text) : readYaml(text);
  if (isProblems(source))
    throw invalid(
      name,
      source.map(({ line, message }) => ({ path: `${name}:${line}`, message })),
    );
  const place = (path: FieldPath): string => {
    const field = path.join('.');
    return `${name}:${source.lineOf(path)}${field === '' ? '' : ` ${field}`}`;
  };
  const { error } = declaration.safeParse(source.value);
  if (error !== undefined)
    throw invalid(
      name,
      error.issues.flatMap((issue) => placesOf(issue, place)),
    );
  return {
    body: source.value as z.input<typeof declaration>,
    inFile: (raw) => inFile(raw, name, place),
  };
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

/** A key too many is a problem at its own line. */
function placesOf(issue: z.core.$ZodIssue, place: (path: FieldPath) => string) {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ path: place([...path, key]), message: 'is not a field' }))
    : [{ path: place(path), message: issue.message }];
}

/** `body.collections.3.name` becomes `FILE:12 collections.3.name`. */
function inFile(error: unknown, name: string, place: (path: FieldPath) => string): unknown {
  if (!(error instanceof DistGitError) || error.code !== 'input_invalid') return error;
  const problems = (error.detail.problems ?? []).map(({ path, message }) => {
    const [root, ...fields] = path.split('.');
    const field = fields.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    const inBody = root === 'body' && (field[0] === 'collections' || field[0] === 'sig');
    return { path: inBody ? place(field) : path, message };
  });
  return problems.length === 0 ? error : invalid(name, problems);
}
