import type { Expansion } from './expansion.ts';
import { asRpmHasIt, whyNotAsRpm, whyUnknown } from './marks.ts';
import type { SpecField, SpecFile, SpecGap, SpecSection, SpecValue } from './spec.ts';

/** The tags of a package that are given out. */
export const PACKAGE_TAGS = [
  'name',
  'epoch',
  'version',
  'release',
  'summary',
  'license',
  'url',
] as const;
export type PackageTag = (typeof PACKAGE_TAGS)[number];

/** A package on its way. */
export interface PackageDraft {
  /** What tells it from the others: its full name, marks and all; null: the main one. */
  readonly key: string | null;
  readonly line: number;
  readonly tags: Map<PackageTag, SpecField>;
  described: boolean;
}

/** A spec on its way. */
export interface SpecDraft {
  readonly state: Expansion;
  readonly packages: PackageDraft[];
  readonly sources: SpecFile[];
  readonly patches: SpecFile[];
  readonly last: { source: number; patch: number };
  readonly buildRequires: SpecField[];
  readonly sections: SpecSection[];
  readonly gaps: SpecGap[];
  /** Null until the main package states it. */
  buildArchs: readonly string[] | null;
}

export function newDraft(state: Expansion): SpecDraft {
  return {
    state,
    packages: [],
    sources: [],
    patches: [],
    last: { source: -1, patch: -1 },
    buildRequires: [],
    sections: [],
    gaps: [],
    buildArchs: null,
  };
}

/** Text for the reader of a spec: without marks, or unknown. */
export function specValue({ marks }: Expansion, text: string): SpecValue {
  const why = whyUnknown(marks, text);
  if (why !== null) return { known: false, why };
  return text.includes('\uFFFD') ? { known: false, why: 'it is not UTF-8' } : { known: true, text };
}

/** The whole of a spec, in which undefined macros stay as they are. */
export function wholeValue({ marks }: Expansion, text: string): SpecValue {
  const whole = asRpmHasIt(marks, text);
  return whole === null
    ? { known: false, why: whyNotAsRpm(marks, text) }
    : { known: true, text: whole };
}

export function addGap({ gaps }: SpecDraft, line: number, why: string): void {
  const last = gaps.at(-1);
  if (last?.why !== why || last.line !== line) gaps.push({ line, why });
}
