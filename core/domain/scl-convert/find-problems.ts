import type { SpecLine } from './spec-text.ts';

/** Something that must be looked at. */
export interface ConversionNote {
  /** Line of the spec that was given, from 1; null: the whole spec. */
  readonly line: number | null;
  readonly text: string;
}

interface Problem {
  readonly pattern: RegExp;
  readonly sections: ReadonlySet<string>;
  readonly text: (found: string) => string;
}

const SHELL = [
  'prep',
  'conf',
  'build',
  'install',
  'check',
  'files',
  'post',
  'pre',
  'postun',
  'preun',
];

/** What a collection's spec must not have, and no change of text mends. */
const PROBLEMS: readonly Problem[] = [
  {
    // Behind another macro, a variable or a word, a path goes on.
    pattern:
      /(?:^|[\s"'=]|%\{?buildroot\}?|\$\{?RPM_BUILD_ROOT\}?)(\/(?:usr|etc|var|opt|lib|lib64|bin|sbin)\/[^\s"']*)/,
    sections: new Set(['build', 'install', 'check', 'files', 'post', 'pre', 'postun', 'preun']),
    text: (found) =>
      `${found} is a fixed path, outside of the collection: use %{_prefix}, %{_bindir} ...`,
  },
  {
    pattern: /%\{(_unitdir|_tmpfilesdir|_udevrulesdir|_sysusersdir|_initddir|_initrddir)\}/,
    sections: new Set(SHELL),
    text: (found) =>
      `%{${found}} is the system's: put %{?scl_prefix} into the file's name, or it meets that of the system`,
  },
  {
    pattern: /^\s*%include\b/,
    sections: new Set(['preamble', ...SHELL]),
    text: () => '%include: what it brings is not converted',
  },
];

/** Lines that somebody has to look at. Comments and bodies of macros are passed over. */
export function* findProblems(lines: readonly SpecLine[]): Generator<ConversionNote> {
  for (const [index, { text, section, begins, macroBody }] of lines.entries()) {
    if (begins && section === 'generate_buildrequires')
      yield {
        line: index + 1,
        text: '%generate_buildrequires names packages of the system; they get no prefix',
      };
    if (begins || macroBody || /^\s*#/.test(text)) continue;
    for (const problem of PROBLEMS) {
      if (!problem.sections.has(section)) continue;
      const found = problem.pattern.exec(text);
      if (found !== null) yield { line: index + 1, text: problem.text(found[1] ?? '') };
    }
  }
}
