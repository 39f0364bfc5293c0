import { NOT_XML, XmlRpcError } from './xmlrpc-value.ts';

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};
const DECLARATION =
  /<\?xml(?:\s+(?:version|encoding|standalone)\s*=\s*(?:'[\w.-]{1,20}'|"[\w.-]{1,20}"))*\s*\?>/y;
const TAG = /<(\/?)([A-Za-z][\w.]{0,31})[ \t\r\n]*(\/?)>/y;
const SPACE = /[ \t\r\n]*/y;
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));|&/g;

/** A tag without attributes: XML-RPC has none. */
export interface Tag {
  readonly kind: 'open' | 'close' | 'empty';
  readonly name: string;
}

/**
 * Reads the subset of XML that XML-RPC needs, from the front to the end, each character a fixed
 * number of times. There is no document type, no entity but the five, no comment, no CDATA and no
 * attribute in it: each is refused.
 */
export class XmlReader {
  readonly #text: string;
  #at = 0;

  /** @throws XmlRpcError where a character is none of XML's */
  constructor(text: string) {
    if (NOT_XML.test(text)) throw new XmlRpcError('There are characters that XML can not hold.');
    this.#text = text;
    if (text.startsWith('<?')) this.#match(DECLARATION, 'The XML declaration is not valid.');
  }

  /** The next tag, with only white space before it. */
  tag(): Tag {
    this.space();
    const [, slash, name = '', empty] = this.#match(TAG, 'A tag of XML-RPC is expected.');
    if (slash === '/' && empty === '/') throw new XmlRpcError('A tag is not valid.');
    return { kind: slash === '/' ? 'close' : empty === '/' ? 'empty' : 'open', name };
  }

  open(name: string): void {
    this.#expect('open', name);
  }

  close(name: string): void {
    this.#expect('close', name);
  }

  /** Text up to the next tag, its references resolved. */
  text(): string {
    const end = this.#text.indexOf('<', this.#at);
    if (end === -1) throw new XmlRpcError('The text ends too early.');
    const raw = this.#text.slice(this.#at, end);
    this.#at = end;
    return raw.replace(/\r\n?/g, '\n').replace(REFERENCE, resolve);
  }

  /** Goes over white space, if there is any. */
  space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  /** @throws XmlRpcError where anything is left but white space */
  end(): void {
    this.space();
    if (this.#at !== this.#text.length) throw new XmlRpcError('There is more than one document.');
  }

  #expect(kind: 'open' | 'close', name: string): void {
    const tag = this.tag();
    if (tag.kind !== kind || tag.name !== name)
      throw new XmlRpcError(`<${kind === 'close' ? '/' : ''}${name}> is expected.`);
  }

  #match(pattern: RegExp, otherwise: string): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new XmlRpcError(otherwise);
    this.#at = pattern.lastIndex;
    return found;
  }
}

function resolve(_all: string, hex?: string, decimal?: string, name?: string): string {
  if (name !== undefined) return NAMED[name] ?? '';
  if (hex === undefined && decimal === undefined)
    throw new XmlRpcError('There is an entity that XML-RPC does not have.');
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
  if (NOT_XML.test(character)) throw new XmlRpcError('A reference is to no character of XML.');
  return character;
}
