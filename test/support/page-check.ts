import { type DefaultTreeAdapterTypes, type ParserError, parse } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;
export type Element = DefaultTreeAdapterTypes.Element;

/** Every element of a document, in its order; and what a strict parser finds wrong with it. */
export function parsePage(text: string): { elements: Element[]; errors: string[] } {
  const errors: string[] = [];
  const document = parse(text, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine }: ParserError) => errors.push(`${code} in line ${startLine}`),
  });
  const elements: Element[] = [];
  const walk = (node: Node): void => {
    if ('tagName' in node) elements.push(node);
    if ('childNodes' in node) node.childNodes.forEach(walk);
  };
  walk(document);
  return { elements, errors };
}

export function attribute({ attrs }: Element, name: string): string | null {
  return attrs.find((one) => one.name === name)?.value ?? null;
}

export function textOf(node: Node): string {
  if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** What is wrong with a page: for parsers, for people who do not see it, and for its own policy. */
export function faultsOfPage(text: string): string[] {
  const { elements, errors } = parsePage(text);
  const faults = [...errors];
  const named = (tag: string): Element[] => elements.filter(({ tagName }) => tagName === tag);
  const ids = elements.flatMap((one) => attribute(one, 'id') ?? []);
  if (new Set(ids).size !== ids.length) faults.push('an id is there twice');

  const [html] = named('html');
  if (html === undefined || attribute(html, 'lang') !== 'en') faults.push('no language');
  for (const tag of ['title', 'main', 'h1'])
    if (named(tag).length !== 1) faults.push(`${named(tag).length} of ${tag}`);
  const levels = elements
    .flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? [])
    .map(Number);
  levels.forEach((level, n) => {
    if (level > (levels[n - 1] ?? 0) + 1) faults.push(`h${level} skips a level`);
  });

  const labels = new Set(named('label').map((label) => attribute(label, 'for')));
  for (const input of named('input')) {
    const id = attribute(input, 'id');
    const inLabel = input.parentNode !== null && input.parentNode.nodeName === 'label';
    const hidden = attribute(input, 'type') === 'hidden';
    if (!hidden && !inLabel && (id === null || !labels.has(id)))
      faults.push(`input ${attribute(input, 'name')} has no label`);
    const described = attribute(input, 'aria-describedby');
    if (described !== null && !ids.includes(described)) faults.push(`no #${described}`);
  }
  for (const one of [...named('a'), ...named('button'), ...named('th')])
    if (textOf(one).trim() === '') faults.push(`${one.tagName} without a text`);
  for (const link of named('a')) {
    const href = attribute(link, 'href') ?? '';
    if (!/^[/#](?![/\\])/.test(href)) faults.push(`a link to ${href}`);
    if (href.startsWith('#') && !ids.includes(href.slice(1))) faults.push(`no ${href}`);
  }
  for (const form of named('form'))
    if (attribute(form, 'method') === 'post') {
      const inputs = elements.filter((one) => one.tagName === 'input' && isWithin(one, form));
      const csrf = inputs.find((one) => attribute(one, 'name') === 'csrf');
      if ((csrf && attribute(csrf, 'value'))?.length !== 43) faults.push('a form without csrf');
    }

  // Nothing that the Content-Security-Policy would refuse.
  for (const tag of ['script', 'style', 'img', 'iframe', 'object', 'embed', 'base'])
    if (named(tag).length > 0) faults.push(`a ${tag}`);
  for (const one of elements)
    for (const { name } of one.attrs)
      if (name === 'style' || name.startsWith('on')) faults.push(`${one.tagName} has ${name}`);
  return faults;
}

function isWithin(node: Node, outer: Node): boolean {
  for (let at: Node | null = node; at !== null; at = 'parentNode' in at ? at.parentNode : null)
    if (at === outer) return true;
  return false;
}
