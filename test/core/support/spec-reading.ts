import { DistGitError } from '../../../core/api/distgit-error.ts';
import { parseSclName } from '../../../core/domain/collection.ts';
import { readSpec } from '../../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../../core/domain/spec/scl-macros.ts';
import type { Spec, SpecValue } from '../../../core/domain/spec/spec.ts';

export const HEAD = 'Name: a\nVersion: 1\nRelease: 2%{?dist}\nSummary: s\nLicense: MIT\n';
export const END = '%description\n';

/** Read for a branch of EL 7, in a collection or in none. */
export function reading(text: string, scl: string | null = null): Spec {
  const sclName = scl === null ? null : parseSclName(scl);
  return readSpec(text, { macros: sclMacros({ sclName, release: '7' }) });
}

/** What a text of the URL tag expands to; `<why>` where it is not known. */
export function expanded(text: string, before = ''): string {
  const { url } = reading(`${HEAD}${before}URL: x${text}\n${END}`);
  return url === null ? '' : shown(url.value).replace(/^x/, '');
}

export function shown(value: SpecValue): string {
  return value.known ? value.text : `<${value.why}>`;
}

/** Why a spec is refused; null: it is read. */
export function refusal(text: string): string | null {
  try {
    reading(text);
    return null;
  } catch (error) {
    if (error instanceof DistGitError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
