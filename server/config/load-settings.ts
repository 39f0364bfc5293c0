import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { DistGitError } from '../../core/api/distgit-error.ts';
import { SECRET_SETTINGS, type Settings, settingsSchema } from './settings.ts';

type Tree = Record<string, unknown>;
interface Problem {
  readonly path: string;
  readonly message: string;
}

/**
 * The configuration from a TOML file, with `DISTGIT_<SECTION>_<KEY>` over it; frozen.
 * @param file null: defaults and environment only
 * @throws DistGitError `config_invalid` with every problem at once
 */
export function loadSettings(file: string | null, environment: NodeJS.ProcessEnv): Settings {
  const problems: Problem[] = [];
  const tree = file === null ? {} : readToml(file);
  applyEnvironment(tree, environment, problems);
  readSecretFiles(tree, problems);
  const parsed = settingsSchema.safeParse(tree);
  for (const issue of parsed.error?.issues ?? [])
    problems.push({ path: issue.path.join('.') || '(top level)', message: issue.message });
  if (parsed.data === undefined || problems.length > 0)
    throw new DistGitError('config_invalid', 'The configuration is not valid.', {
      detail: { problems, remedy: 'config/example.toml explains every setting.' },
    });
  return deepFreeze(parsed.data);
}

function readToml(file: string): Tree {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const what = cause instanceof TomlError ? `line ${cause.line}` : 'it can not be read';
    throw new DistGitError('config_invalid', `The configuration ${file} is not valid: ${what}.`, {
      cause,
    });
  }
}

/** Only keys that the schema knows; an unknown `DISTGIT_` variable is a mistake to be told of. */
function applyEnvironment(tree: Tree, environment: NodeJS.ProcessEnv, problems: Problem[]): void {
  const known = new Map<string, readonly [string, string]>();
  for (const [section, schema] of Object.entries(settingsSchema.shape)) {
    const keys = Object.keys((schema.unwrap() as z.ZodObject).shape);
    for (const key of keys) {
      known.set(`DISTGIT_${section}_${key}`.toUpperCase(), [section, key]);
      if (SECRET_SETTINGS.includes(`${section}.${key}`))
        known.set(`DISTGIT_${section}_${key}_FILE`.toUpperCase(), [section, `${key}_file`]);
    }
  }
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('DISTGIT_') || name === 'DISTGIT_CONFIG' || value === undefined) continue;
    const place = known.get(name);
    if (place === undefined) {
      problems.push({ path: name, message: 'is not a setting' });
      continue;
    }
    const [section, key] = place;
    const branch = (tree[section] ??= {});
    if (typeof branch !== 'object' || branch === null) continue;
    (branch as Tree)[key] = settingOf(section, key, value);
    // One source: the environment stands over the file, in either form of a secret.
    if (SECRET_SETTINGS.includes(`${section}.${key}`)) delete (branch as Tree)[`${key}_file`];
    if (key.endsWith('_file')) delete (branch as Tree)[key.replace(/_file$/, '')];
  }
}

/** A number only where the setting does not take the text. */
function settingOf(section: string, key: string, value: string): string | number {
  const slice = settingsSchema.shape[section as keyof Settings].unwrap() as z.ZodObject;
  const schema = slice.shape[key] as z.ZodType | undefined;
  const number = Number(value);
  const isNumber = schema?.safeParse(value).success === false && schema.safeParse(number).success;
  return isNumber ? number : value;
}

function readSecretFiles(tree: Tree, problems: Problem[]): void {
  for (const path of SECRET_SETTINGS) {
    const [section = '', key = ''] = path.split('.');
    const branch = tree[section] as Tree | undefined;
    const file = branch?.[`${key}_file`];
    if (branch === undefined || typeof file !== 'string') continue;
    if (branch[key] !== undefined)
      problems.push({ path, message: `is given together with ${key}_file; give one of them` });
    delete branch[`${key}_file`];
    try {
      branch[key] = readFileSync(file, 'utf8').trim();
    } catch {
      problems.push({ path: `${path}_file`, message: `${file} can not be read` });
    }
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  return Object.freeze(value);
}

/** For the log: every secret as `[redacted]`. */
export function redacted(settings: Settings): Tree {
  const copy = structuredClone(settings) as unknown as Record<string, Tree>;
  for (const path of SECRET_SETTINGS) {
    const [section = '', key = ''] = path.split('.');
    const branch = copy[section];
    if (branch?.[key] !== undefined) branch[key] = '[redacted]';
  }
  return copy;
}
