import { fail } from '../../core/api/distgit-error.ts';
import { parseCollectionName, parseSclName } from '../../core/domain/collection.ts';
import { readSpec as parseSpec } from '../../core/domain/spec/read-spec.ts';
import { sclMacros } from '../../core/domain/spec/scl-macros.ts';
import type { SpecValue } from '../../core/domain/spec/spec.ts';
import type { CommandContext } from '../command.ts';
import { readSpec } from './spec-file.ts';
import { currentBranch, openWorkingCopy, type WorkingCopy } from './working-copy.ts';

/**
 * Name, version and release of what the current branch builds: `python33-python-3.3.7-1.el7`. The
 * SCL name is the server's.
 * @throws DistGitError `check_failed` where the spec would have to be run to know it
 */
export async function builtNvr(context: CommandContext): Promise<string> {
  const copy = await openWorkingCopy(context);
  const { collection, release } = await currentBranch(copy);
  const { sclName } = await context.api.call('showCollection', {
    collection: parseCollectionName(collection),
  });
  const file = await readSpec(copy);
  const macros = sclMacros({ sclName: parseSclName(sclName), release });
  const spec = parseSpec(file.text, { macros });
  const known = (tag: string, { value }: { value: SpecValue }) => knownText(file.name, tag, value);
  return [
    known('Name', spec.name),
    known('Version', spec.version),
    known('Release', spec.release),
  ].join('-');
}

/** The upstream's version; asks no server. @throws DistGitError `check_failed`, as `builtNvr` */
export async function specVersion(copy: WorkingCopy): Promise<string> {
  const { release } = await currentBranch(copy);
  const { name, text } = await readSpec(copy);
  const { version } = parseSpec(text, { macros: sclMacros({ sclName: null, release }) });
  return knownText(name, 'Version', version.value);
}

function knownText(file: string, tag: string, value: SpecValue): string {
  if (value.known) return value.text;
  return fail(
    'check_failed',
    `${file}: ${tag} is not known without running the spec: ${value.why}.`,
    `Write ${tag} as text, or without what is to be run.`,
  );
}
