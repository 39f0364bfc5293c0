const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is HTML already. Only `html` makes one, so that nothing gets round the escaping. */
export type Html = Markup;

class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

type Value = string | number | Html | null | readonly Value[];

/**
 * HTML from a template: every value is escaped, for text and for quoted attributes alike (values in
 * attributes without quotes are a mistake of the template). Lists are joined, null is nothing.
 */
export function html(template: TemplateStringsArray, ...values: readonly Value[]): Html {
  const [first = '', ...rest] = template;
  return new Markup(first + rest.map((part, n) => written(values[n] ?? null) + part).join(''));
}

function written(value: Value): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(written).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
