import { refuse } from './budget.ts';
import {
  type PackageDraft,
  type PackageTag,
  type SpecDraft,
  specValue,
  wholeValue,
} from './draft.ts';
import type { Spec, SpecField, SpecFile, SpecPackage, SpecValue } from './spec.ts';

/** The spec that a draft has become. */
export function finishedSpec(draft: SpecDraft, expanded: string): Spec {
  const [main] = draft.packages;
  if (main === undefined) return refuse('There is no package');
  const needed = (tag: PackageTag) => main.tags.get(tag) ?? missing(draft, tag);
  const spec: Spec = {
    name: needed('name'),
    epoch: main.tags.get('epoch') ?? null,
    version: needed('version'),
    release: needed('release'),
    summary: needed('summary'),
    license: needed('license'),
    url: main.tags.get('url') ?? null,
    sources: byNumber(draft.sources),
    patches: byNumber(draft.patches),
    buildRequires: draft.buildRequires,
    packages: draft.packages.map((one) => finishedPackage(draft, main, one)),
    sections: draft.sections,
    gaps: draft.gaps,
    expanded: wholeValue(draft.state, expanded),
  };
  const silent = draft.packages.find((one) => !one.described);
  if (silent !== undefined && draft.gaps.length === 0)
    refuse(`Package has no %description: ${silent.key ?? '(main package)'}`);
  return spec;
}

/** A tag that every spec has: something unknown may state it, or it is not there. */
function missing({ gaps }: SpecDraft, tag: PackageTag): SpecField {
  const [gap] = gaps;
  if (gap === undefined) return refuse(`${tag} field must be present in package: (main package)`);
  return { raw: '', value: { known: false, why: gap.why }, line: gap.line };
}

function byNumber(files: readonly SpecFile[]): SpecFile[] {
  return files.toSorted((one, other) => one.number - other.number);
}

function finishedPackage(draft: SpecDraft, main: PackageDraft, one: PackageDraft): SpecPackage {
  // A subpackage has the main one's, unless it states its own.
  const inherited = (tag: PackageTag) => one.tags.get(tag) ?? main.tags.get(tag) ?? null;
  const summary = one.tags.get('summary') ?? missing(draft, 'summary');
  return {
    name: packageName(draft, main, one),
    epoch: inherited('epoch')?.value ?? null,
    version: (inherited('version') ?? missing(draft, 'version')).value,
    release: (inherited('release') ?? missing(draft, 'release')).value,
    summary: summary.value,
    license: (inherited('license') ?? missing(draft, 'license')).value,
    url: inherited('url')?.value ?? null,
    line: one.line,
  };
}

function packageName(draft: SpecDraft, main: PackageDraft, one: PackageDraft): SpecValue {
  const own = one.tags.get('name')?.value;
  if (own !== undefined) return own;
  if (one.key === null) return missing(draft, 'name').value;
  const mainName = main.tags.get('name')?.value;
  const named = one.key.startsWith('%{name}-') && mainName?.known === false;
  return named ? mainName : specValue(draft.state, one.key);
}
