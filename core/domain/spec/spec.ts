/** Text of a spec with every macro expanded, or why it could not be known without running it. */
export type SpecValue = KnownText | UnknownText;

export interface KnownText {
  readonly known: true;
  readonly text: string;
}

export interface UnknownText {
  readonly known: false;
  /** What stood in the way, one sentence without full stop: `%(id -u) is not run`. */
  readonly why: string;
}

/** A tag of a spec, where it stands and what it says. */
export interface SpecField {
  /** As the author wrote it, macros and all. */
  readonly raw: string;
  readonly value: SpecValue;
  /** Line of the file, from 1. */
  readonly line: number;
}

/** A `Source:` or `Patch:`. */
export interface SpecFile extends SpecField {
  /** As rpm counts: `Source: x` after `Source3:` has 4. */
  readonly number: number;
  /** What stands behind the last `/` of the value: the file's name in git or the look-aside cache. */
  readonly fileName: SpecValue;
}

/** What rpm makes a package of, `%package` or the spec's head. */
export interface SpecPackage {
  /** Full name: `python33-python-libs`. */
  readonly name: SpecValue;
  readonly epoch: SpecValue | null;
  readonly version: SpecValue;
  readonly release: SpecValue;
  readonly summary: SpecValue;
  readonly license: SpecValue;
  readonly url: SpecValue | null;
  /** Line of its `%package`, from 1; of the main package 1. */
  readonly line: number;
}

/** A part of the spec: `%package -n x`, `%prep`, `%changelog`. */
export interface SpecSection {
  /** With the per cent sign: `%package`; the head of the spec is `%preamble`. */
  readonly name: string;
  /** The line as written. */
  readonly raw: string;
  readonly line: number;
}

/** Something that was not known and may have added to or taken from the lists of a spec. */
export interface SpecGap {
  readonly line: number;
  readonly why: string;
}

/** What a spec states, as rpm would read it with the same macros. */
export interface Spec {
  readonly name: SpecField;
  /** Null: the spec states none. */
  readonly epoch: SpecField | null;
  readonly version: SpecField;
  readonly release: SpecField;
  readonly summary: SpecField;
  readonly license: SpecField;
  readonly url: SpecField | null;
  /** By number. */
  readonly sources: readonly SpecFile[];
  /** By number. */
  readonly patches: readonly SpecFile[];
  /** One dependency each, as rpm writes it: `perl(Foo) >= 1:2.0`. */
  readonly buildRequires: readonly SpecField[];
  /** The main package first. A main package without `%files` is among them too. */
  readonly packages: readonly SpecPackage[];
  readonly sections: readonly SpecSection[];
  /** Where this is not empty, the lists may lack something, or have too much. */
  readonly gaps: readonly SpecGap[];
  /** The whole spec expanded, as `rpmspec --parse` prints it. */
  readonly expanded: SpecValue;
}
