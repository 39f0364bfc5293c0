import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DistGitError, fail } from '../../core/api/distgit-error.ts';
import { readSpec } from '../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import type { Spec, SpecFile, SpecValue } from '../../core/domain/spec/spec.ts';
import type { BuiltVersion } from './query-spec.ts';
import type { RpmPackage } from './rpm-package.ts';

/**
 * Reads the spec without running it, as it is in the clone.
 * @returns the text, and what was read; null where our reader refuses it: rpm has the last word
 */
export async function readPackageSpec({
  copy,
  spec,
  branch,
  collection,
}: RpmPackage): Promise<{ readonly text: string; readonly read: Spec | null }> {
  const text = await readFile(join(copy.root, spec), 'utf8');
  const sclName = collection?.sclName ?? null;
  const macros = sclMacros({ sclName, release: branch.release });
  try {
    return { text, read: readSpec(text, { macros }) };
  } catch (error) {
    if (error instanceof DistGitError) return { text, read: null };
    throw error;
  }
}

/** What the spec builds; null where that is not known without running it. */
export function knownVersion(read: Spec | null): BuiltVersion | null {
  if (read === null) return null;
  const name = textOf(read.name.value);
  const epoch = read.epoch === null ? '0' : textOf(read.epoch.value);
  const version = textOf(read.version.value);
  const release = textOf(read.release.value);
  if (name === null || epoch === null || version === null || release === null) return null;
  return { name, epoch, version, release };
}

const textOf = (value: SpecValue): string | null => (value.known ? value.text : null);

/** Names of sources and patches, as far as they are known. */
export function fileNames(read: Spec | null): Set<string> {
  const files: readonly SpecFile[] = read === null ? [] : [...read.sources, ...read.patches];
  return new Set(files.map(({ fileName }) => textOf(fileName)).filter((name) => name !== null));
}

/**
 * What the spec is known to name is in the clone; rpm's own words for it help nobody.
 * @throws DistGitError `check_failed`
 */
export async function requireFiles(rpmPackage: RpmPackage): Promise<void> {
  const { read } = await readPackageSpec(rpmPackage);
  // Under a condition that is not known the file may not be asked for at all.
  if (read === null || read.gaps.length > 0) return;
  const missing: string[] = [];
  for (const file of fileNames(read))
    await access(join(rpmPackage.copy.root, file)).catch(() => missing.push(file));
  if (missing.length === 0) return;
  fail(
    'check_failed',
    `${rpmPackage.spec} names what is neither in git nor in sources: ${missing.join(', ')}`,
    `Add it: centpkg new-sources ${missing.join(' ')} (text: git add)`,
  );
}
