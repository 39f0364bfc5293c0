import { fail } from '../../api/distgit-error.ts';
import { type ComponentName, parseComponentName } from '../component-name.ts';
import { type ConversionNote, findProblems } from './find-problems.ts';
import { type DependencyNames, prefixDependencies } from './prefix-dependencies.ts';
import { type SpecLine, specLines, tagOf } from './spec-text.ts';
import { wrapSection } from './wrap-section.ts';

export interface Converted {
  readonly spec: string;
  readonly component: ComponentName;
  readonly notes: readonly ConversionNote[];
}

/** Tags that name what others must have: their names are the system's unless they are ours. */
const WANTS = /^(?:build)?requires$|^(?:recommends|suggests|supplements|enhances|buildconflicts)$/;
/** Tags that speak of the package itself. */
const OWN = /^(?:provides|obsoletes|conflicts)$/;
const WRAPPED = new Set(['build', 'install', 'check']);
/** These sections take a package's name after `-n`. */
const NAMED =
  /^(%(?:package|description|files|verifyscript|(?:pre|post)\w*|\w*trigger\w*)\b.*?\s-n\s+)(\S+)/;
/** A dependency that stands under a condition of its own. */
const CONDITIONAL =
  /^\s*%\{[!?]+(\w+):\s*(?:(?:build)?requires|provides|obsoletes|conflicts|recommends|suggests)\b/i;
const PREFIX = '%{?scl_prefix}';

/**
 * Turns an ordinary spec into one that builds for a collection where `%scl` is defined, and as
 * before where it is not. It is changed as text, line by line; what stands in `%changelog` and in
 * bodies of macros stays. A converted spec stays as it is.
 * @param others names of packages that are in the collection
 * @throws DistGitError `check_failed` where the name can not be told
 */
export function convertSpec(spec: string, others: Iterable<string> = []): Converted {
  const lines = specLines(spec);
  const component = nameOf(lines);
  const names = ownNames(component, lines, others);
  const notes: ConversionNote[] = [...findProblems(lines)];
  const system = new Set<string>();
  const changed = lines.map((line, index): string => {
    if (line.macroBody || line.section === 'changelog') return line.text;
    if (line.begins) return sectionLine(line.text);
    if (line.section !== 'preamble') return withPkgName(line.text);
    const { text, stays, unclear } = preambleLine(line.text, names);
    for (const name of stays) system.add(name);
    for (const what of unclear)
      notes.push({ line: index + 1, text: `"${what}" is left as it is: is it the collection's?` });
    return text;
  });
  if (system.size > 0)
    notes.push({
      line: null,
      text: `These stay the system's: ${[...system].sort().join(', ')}. Name those of the collection with --prefix.`,
    });
  const wrapped = wrapSections(lines, changed);
  const whole = withRuntime(withHeader(wrapped, component));
  return { spec: whole.join('\n'), component, notes: notes.toSorted(byLine) };
}

const byLine = (a: ConversionNote, b: ConversionNote): number =>
  (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER);

/** The package's name, with macros that the spec itself gives a plain value. */
function nameOf(lines: readonly SpecLine[]): ComponentName {
  const plain = new Map<string, string>();
  for (const { text, macroBody } of lines) {
    const match = macroBody ? null : /^%(?:global|define)\s+(\w+)\s+([\w.+-]+)\s*$/.exec(text);
    if (match !== null) plain.set(match[1] ?? '', match[2] ?? '');
    const tag = macroBody ? null : tagOf(text);
    if (tag?.name !== 'name') continue;
    const bare = tag.value.replace(/^%\{\??scl_prefix\}/, '');
    const name = bare.replace(/%\{(\w+)\}/g, (whole, macro: string) => plain.get(macro) ?? whole);
    if (name.includes('%'))
      fail(
        'check_failed',
        `The name ${tag.value} has macros that the spec does not give a plain value.`,
        'Write the name itself, and convert again.',
      );
    return parseComponentName(name);
  }
  return fail('check_failed', 'The spec has no Name.', 'Is it a spec?');
}

function ownNames(
  component: ComponentName,
  lines: readonly SpecLine[],
  others: Iterable<string>,
): DependencyNames {
  const own = new Set<string>([component, ...others]);
  for (const { text, begins } of lines) {
    if (!begins || !text.startsWith('%package')) continue;
    const named = /\s-n\s+(\S+)/.exec(text)?.[1];
    const suffix = /^%package\s+([\w.+-]+)\s*$/.exec(text)?.[1];
    if (named !== undefined) own.add(named.replace(/^%\{\??scl_prefix\}/, ''));
    else if (suffix !== undefined) own.add(`${component}-${suffix}`);
  }
  return { isOwn: (name) => own.has(name) };
}

/** The file names and paths of a package stay what they are without its collection. */
function withPkgName(text: string): string {
  if (/pkg_name\s+%\{name\}/.test(text)) return text;
  const renamed = text.replace(/(^|[^%])((?:%%)*)%(?:\{name\}|name\b)/g, '$1$2%{pkg_name}');
  return withSetupName(renamed);
}

/** Without `-n`, the folder would be named after the package with its prefix. */
function withSetupName(text: string): string {
  const setup = /^(\s*%(?:auto)?setup)\b(.*)$/.exec(text);
  if (setup === null || /\s-n[\s=]?\S/.test(setup[2] ?? '')) return text;
  return `${setup[1]} -n %{pkg_name}-%{version}${setup[2] ?? ''}`;
}

/** `%package -n foo`; what follows `%{name}` has the prefix by itself. */
function sectionLine(text: string): string {
  return text.replace(NAMED, (whole, head: string, name: string) =>
    /^%(?:\{name\}|name\b|\{\??scl)/.test(name) ? whole : `${head}${PREFIX}${name}`,
  );
}

function preambleLine(text: string, names: DependencyNames) {
  const tag = tagOf(text);
  const unchanged = { stays: [] as readonly string[], unclear: [] as readonly string[] };
  const condition = CONDITIONAL.exec(text)?.[1];
  if (condition !== undefined)
    return { text, stays: [], unclear: condition === 'scl' ? [] : [text.trim()] };
  if (tag === null || text.trimStart().startsWith('#'))
    return { text: withPkgName(text), ...unchanged };
  const { indent, tag: written, name, colon, value, end } = tag;
  const line = (changed: string): string => `${indent}${written}${colon}${changed}${end}`;
  if (name === 'name') {
    const has = /^%\{\??scl_prefix\}/.test(value);
    return { text: has ? text : line(`${PREFIX}${value}`), ...unchanged };
  }
  const own = OWN.test(name);
  if (!own && !WANTS.test(name)) return { text: withPkgName(text), ...unchanged };
  const { text: list, system, unclear } = prefixDependencies(value, names, own);
  return { text: line(list), stays: system, unclear };
}

/** @param changed the text of each of `lines` */
function wrapSections(lines: readonly SpecLine[], changed: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as SpecLine;
    result.push(changed[at] as string);
    at++;
    if (!line.begins || !WRAPPED.has(line.section)) continue;
    let end = at;
    while (end < lines.length && lines[end]?.begins === false) end++;
    result.push(...wrapSection(changed.slice(at, end)));
    at = end;
  }
  return result;
}

function withHeader(lines: readonly string[], component: ComponentName): string[] {
  if (lines.some((line) => /%\{?\??scl_package\b/.test(line))) return [...lines];
  const header = [`%{?scl:%scl_package ${component}}`, `%{!?scl:%global pkg_name ${component}}`];
  return [...header, '', ...lines];
}

/** What is in the collection needs its runtime package. */
function withRuntime(lines: readonly string[]): string[] {
  if (lines.some((line) => /^%\{\?scl:Requires:\s*%(?:\{scl\}-runtime|\{?scl_runtime)/.test(line)))
    return [...lines];
  const name = lines.findIndex((line) => tagOf(line)?.name === 'name');
  const runtime = ['%{?scl:Requires: %{scl}-runtime}', '%{?scl:BuildRequires: %{scl}-runtime}'];
  return [...lines.slice(0, name + 1), ...runtime, ...lines.slice(name + 1)];
}
