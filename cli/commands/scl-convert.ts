import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../../core/api/distgit-error.ts';
import { parseCollectionName } from '../../core/domain/collection.ts';
import { convertSpec } from '../../core/domain/scl-convert/scl-convert.ts';
import {
  type CommandContext,
  type CommandSpec,
  flagOption,
  listOption,
  textOption,
} from '../command.ts';

/** A spec is small. */
const MAX_SIZE = 4 * 2 ** 20;
const PAGE = 500;

export const sclConvert: CommandSpec = {
  name: 'scl-convert',
  args: '<spec>',
  summary: 'Turn an ordinary spec into one that builds for a collection as well',
  options: [
    { flags: '-i, --in-place', help: 'change the file (default: print the result)' },
    { flags: '--prefix <names>', help: 'packages that are in the collection', list: true },
    { flags: '--collection <name>', help: 'its components on the server are in the collection' },
  ],
  examples: [
    'centpkg scl-convert --in-place python-six.spec',
    'centpkg scl-convert --collection python33 --prefix python,python-devel python-six.spec',
  ],
  async run(context, [file = ''], options) {
    const path = resolve(context.cwd, file);
    const before = await readSpec(path, file);
    const collection = textOption(options, 'collection');
    const components = collection === undefined ? [] : await componentsOf(context, collection);
    const others = [...(listOption(options, 'prefix') ?? []), ...components];
    const { spec, component, notes } = convertSpec(before, others);
    for (const { line, text } of notes)
      context.note(line === null ? text : `${file}:${line}: ${text}`);
    const data = { component, changed: spec !== before, notes };
    if (!flagOption(options, 'inPlace'))
      return { data: { ...data, spec }, text: spec.replace(/\n$/, '') };
    if (spec === before) return { data, text: `${file} is converted already.` };
    const aside = `${path}.${process.pid}`;
    await writeFile(aside, spec, { mode: (await stat(path)).mode & 0o777 });
    await rename(aside, path);
    return { data, text: `${file} is converted. Look at it: git diff` };
  },
};

async function readSpec(path: string, file: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile())
    fail('usage', `${file} is not a file.`, 'Name a spec that is there.');
  if (found.size > MAX_SIZE) fail('too_large', `${file} is too large for a spec.`, 'Name a spec.');
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  // What can not be read as it is could not be written as it was.
  if (!Buffer.from(text).equals(bytes))
    fail('input_invalid', `${file} is not UTF-8.`, `Convert it first: iconv -t utf-8 ${file}`);
  return text;
}

async function componentsOf({ api }: CommandContext, name: string): Promise<string[]> {
  const collection = parseCollectionName(name);
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const { items } = await api.call('listComponents', { collection, after, limit: PAGE });
    names.push(...items.map((one) => one.name));
    if (items.length < PAGE) return names;
    after = items.at(-1)?.name;
  }
}
