import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const DOCUMENTS = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })];

function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** The names that GitHub and others give a document's headings in an address. */
function anchorsOf(document: string): readonly string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Whether a link of a document leads to a file or folder here, and to a heading of it. */
function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

describe('links', () => {
  it.each(DOCUMENTS)('of %s lead somewhere', (document) => {
    const links = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const here = links.filter((link) => !link.startsWith('https://'));
    expect(here.filter((link) => !leadsSomewhere(document, link))).toEqual([]);
  });

  it('of the README lead to every document', () => {
    const readme = textOf('README.md');
    expect(DOCUMENTS.slice(1).filter((document) => !readme.includes(`](${document})`))).toEqual([]);
  });
});
