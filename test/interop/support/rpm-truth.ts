import type { MacroTable } from '../../../core/domain/spec/macro-table.ts';
import { readSpec } from '../../../core/domain/spec/read-spec.ts';
import type { Spec, SpecValue } from '../../../core/domain/spec/spec.ts';
import { run } from '../../support/process.ts';

/** What rpm or the reader says of a spec: texts by field; null: it refuses the spec. */
export type Fields = ReadonlyMap<string, string> | null;

const MAIN = ['name', 'epoch', 'version', 'release', 'summary', 'license', 'url'] as const;
const UNIT = '\x1f';

const format = (prefix: string): string =>
  MAIN.map(
    (tag) => `${prefix}${tag}${UNIT}%|${tag.toUpperCase()}?{%{${tag.toUpperCase()}}}:{}|\n`,
  ).join('');
const DEPENDENCIES = '%{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}';
const SOURCE_FORMAT = `${format('')}[source${UNIT}%{SOURCE}\n][patch${UNIT}%{PATCH}\n][requires${UNIT}${DEPENDENCIES}\n]`;
const PACKAGE_FORMAT = `${format('package ')}\n`;

/**
 * What rpmspec says of a spec with the macros of a file and none of the machine's.
 * @param refusal is told why rpm refuses it
 */
export async function rpmFields(
  spec: string,
  macros: string,
  refusal: (why: string) => void = () => {},
): Promise<Fields> {
  const rpmspec = (...args: string[]) =>
    run('rpmspec', ['--macros', macros, '--target', 'x86_64-linux', ...args, spec], {
      env: { LC_ALL: 'C.UTF-8' },
    });
  const [source, packages, parsed] = await Promise.all([
    rpmspec('-q', '--srpm', '--qf', SOURCE_FORMAT),
    rpmspec('-q', '--rpms', '--qf', PACKAGE_FORMAT),
    rpmspec('-P'),
  ]);
  for (const done of [source, packages, parsed])
    if (done.code !== 0) {
      refusal(done.stderr);
      return null;
    }
  const fields = new Map(sourceFields(source.stdout));
  for (const block of packages.stdout.split('\n\n').filter((text) => text.trim() !== '')) {
    const own = new Map(pairs(block));
    const name = own.get('package name') ?? '';
    for (const [key, value] of own) fields.set(`${key} of ${name}`, value);
  }
  fields.set(
    'packages',
    String([...fields.keys()].filter((key) => key.startsWith('package name')).length),
  );
  fields.set('expanded', withoutPrep(parsed.stdout, 1));
  return fields;
}

function pairs(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line) => line.includes(UNIT))
    .map((line) => {
      const at = line.indexOf(UNIT);
      return [line.slice(0, at), line.slice(at + 1)];
    });
}

function* sourceFields(text: string): Generator<[string, string]> {
  const all = pairs(text);
  const list = (key: string) => all.filter(([name]) => name === key).map(([, value]) => value);
  for (const [key, value] of all)
    if (!['source', 'patch', 'requires'].includes(key)) yield [key, value];
  for (const values of lists(list('source'), list('patch'), list('requires'))) yield* values;
}

function* lists(
  sources: readonly string[],
  patches: readonly string[],
  requires: readonly string[],
): Generator<[string, string][]> {
  const counted = (name: string, values: readonly string[]): [string, string][] => [
    [`${name}s`, String(values.length)],
    ...values.toSorted().map((value, index): [string, string] => [`${name} ${index}`, value]),
  ];
  yield counted('source', sources);
  yield counted('patch', patches);
  // rpm adds what building the package needs of rpm itself.
  const own = requires.map((text) => text.trim()).filter((text) => !text.startsWith('rpmlib('));
  yield counted('build requirement', [...new Set(own)]);
}

const HEADER =
  /^%(?:prep|build|install|check|clean|conf|generate_buildrequires|files|description|package|changelog|pre|post|preun|postun|pretrans|posttrans|verifyscript|trigger\w*|filetrigger\w*|transfiletrigger\w*|sourcelist|patchlist|sepolicy|end)(?:\s|$)/i;

/**
 * rpm prints what `%setup` and `%patch` do, and loses the line of the section behind `%prep`: both
 * sections are left out.
 * @param headers lines of sections that end what is left out
 */
function withoutPrep(text: string, headers: number): string {
  const kept: string[] = [];
  let skip = 0;
  for (const line of text.split('\n')) {
    const header = HEADER.test(line);
    if (/^%prep(?:\s|$)/i.test(line)) skip = headers;
    else if (header && skip > 0) skip--;
    if (skip === 0) kept.push(line);
  }
  return kept.join('\n');
}

/** The same of the reader; what it does not know has no text, and is told of. */
export function readerFields(
  text: string,
  macros: MacroTable,
  unknown: (field: string, why: string) => void,
): Fields {
  const spec = readSpec(text, { macros });
  const fields = new Map<string, string>();
  const put = (field: string, value: SpecValue | null) => {
    if (value === null) fields.set(field, '');
    else if (value.known) fields.set(field, value.text);
    else unknown(field, value.why);
  };
  for (const tag of MAIN) put(tag, spec[tag]?.value ?? null);
  for (const [key, value] of readerLists(spec)) put(key, value);
  for (const one of spec.packages) {
    const name = one.name.known ? one.name.text : '?';
    for (const tag of MAIN) put(`package ${tag} of ${name}`, one[tag]);
  }
  put('packages', { known: true, text: String(spec.packages.length) });
  put(
    'expanded',
    spec.expanded.known ? { known: true, text: withoutPrep(spec.expanded.text, 2) } : spec.expanded,
  );
  for (const gap of spec.gaps) unknown(`line ${gap.line}`, gap.why);
  return fields;
}

function* readerLists(spec: Spec): Generator<[string, SpecValue]> {
  const texts = (values: readonly SpecValue[]): string[] =>
    values.flatMap((value) => (value.known ? [value.text] : []));
  const whys = (name: string, values: readonly SpecValue[]): [string, SpecValue][] =>
    values
      .filter((value) => !value.known)
      .map((value, index) => [`unknown ${name} ${index}`, value]);
  const files = spec.sources.map((file) => file.fileName);
  const patches = spec.patches.map((file) => file.fileName);
  const requires = spec.buildRequires.map((field) => field.value);
  for (const values of lists(texts(files), texts(patches), texts(requires)))
    for (const [key, text] of values) yield [key, { known: true, text }];
  yield* whys('source', files);
  yield* whys('patch', patches);
  yield* whys('build requirement', requires);
}

/** Where both say something and not the same. */
export function differences(ours: ReadonlyMap<string, string>, rpm: ReadonlyMap<string, string>) {
  const found: string[] = [];
  let compared = 0;
  for (const [field, text] of ours) {
    compared++;
    const other = rpm.get(field);
    if (other !== text)
      found.push(`${field}: ours ${JSON.stringify(text)}, rpm's ${JSON.stringify(other)}`);
  }
  return { found, compared };
}
