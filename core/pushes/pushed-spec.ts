import { DistGitError } from '../api/distgit-error.ts';
import type { ComponentName } from '../domain/component-name.ts';
import { MAX_SPEC } from '../domain/spec/budget.ts';
import { readSpec } from '../domain/spec/read-spec.ts';
import { sclMacros } from '../domain/spec/scl-macros.ts';
import type { Spec } from '../domain/spec/spec.ts';
import { isFile, topEntries } from './changed-files.ts';
import type { ObjectReader, PushedBranch } from './push-facts.ts';
import { SpecReadings } from './spec-readings.ts';

/** What is asked of a push, or of a repository. */
export interface SpecFacts {
  readonly component: { readonly name: ComponentName };
  readonly limits: { readonly maxFileSize: number };
  readonly objects: ObjectReader;
}

/** A spec of a branch as far as it can be read; `text` is null where it is too large. */
export interface PushedSpec {
  readonly text: string | null;
  /** Null: rpm would refuse it, or it is too much to read; `problem` says why. */
  readonly spec: Spec | null;
  readonly problem: string | null;
  readonly tooMuch: boolean;
}

/** The spec of a commit, read for a branch; null: the commit has none of the component's name. */
export async function pushedSpec(
  facts: SpecFacts,
  branch: Pick<PushedBranch, 'sclName' | 'release'>,
  commit: string,
): Promise<PushedSpec | null> {
  const wanted = `${facts.component.name}.spec`;
  const entry = (await topEntries(facts.objects, commit)).find(
    (one) => one.name === wanted && isFile(one),
  );
  if (entry === undefined) return null;
  const ofPush = known.get(facts) ?? new Map<string, Promise<PushedSpec>>();
  known.set(facts, ofPush);
  const key = `${entry.oid} ${branch.sclName} ${branch.release}`;
  const found = ofPush.get(key) ?? read(facts, branch, entry.oid);
  ofPush.set(key, found);
  return found;
}

/** Several checks ask for the same. */
const known = new WeakMap<SpecFacts, Map<string, Promise<PushedSpec>>>();

/** The next push asks for what this one brought: it is the old spec then. */
const readings = new SpecReadings();

async function read(
  { objects, limits }: SpecFacts,
  branch: Pick<PushedBranch, 'sclName' | 'release'>,
  oid: string,
): Promise<PushedSpec> {
  const limit = Math.min(limits.maxFileSize, MAX_SPEC);
  const key = `${oid} ${branch.sclName} ${branch.release}`;
  const kept = readings.find(key);
  const bytes = kept?.bytes ?? (await objects.size(oid));
  if (bytes > limit) return { text: null, spec: null, problem: 'it is too large', tooMuch: true };
  if (kept !== null) return kept.read;
  const text = (await objects.blob(oid)).toString('utf8');
  // Reading has no pause: what other checks have to ask goes out before.
  await new Promise((resolve) => setImmediate(resolve));
  const found = readText(text, branch);
  readings.keep(key, found, bytes);
  return found;
}

function readText(
  text: string,
  { sclName, release }: Pick<PushedBranch, 'sclName' | 'release'>,
): PushedSpec & { readonly text: string } {
  try {
    const spec = readSpec(text, { macros: sclMacros({ sclName, release }) });
    return { text, spec, problem: null, tooMuch: false };
  } catch (error) {
    if (!(error instanceof DistGitError)) throw error;
    const problem = error.message.replace(/\.$/, '');
    return { text, spec: null, problem, tooMuch: error.code === 'too_large' };
  }
}
