import { isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Context, HubFault, type Row } from './store.ts';

export interface Method {
  readonly python: string;
  readonly names: readonly string[];
  readonly defaults: ReadonlyMap<string, XmlRpcValue>;
  /** Takes keyword arguments of any name. */
  readonly anyKeyword: boolean;
  readonly run: (context: Context, args: Row) => XmlRpcValue;
}

export type Methods = Readonly<Record<string, Method>>;

const LITERALS: Readonly<Record<string, XmlRpcValue>> = { None: null, True: true, False: false };

/** @param signature as Python writes it: `get_tag(tagInfo, strict=False)` */
export function method(signature: string, run: Method['run']): Method {
  const [, python = '', list = ''] = /^(\w+)\((.*)\)$/.exec(signature) ?? [];
  const parts = list.split(',').map((part) => part.trim());
  const named = parts.filter((part) => part !== '' && !part.startsWith('*'));
  const defaults = new Map<string, XmlRpcValue>();
  for (const part of named) {
    const [name = '', literal] = part.split('=');
    if (literal !== undefined) defaults.set(name, literalOf(literal));
  }
  const names = named.map((part) => part.split('=')[0] ?? '');
  return { python, names, defaults, anyKeyword: parts.includes('**kwargs'), run };
}

function literalOf(text: string): XmlRpcValue {
  if (text in LITERALS) return LITERALS[text] ?? null;
  return text.startsWith("'") ? text.slice(1, -1) : Number(text);
}

/** Gives parameters their names, as Python does, with its words where they do not fit. */
export function bind(method: Method, params: readonly XmlRpcValue[]): Row {
  const { python, names, defaults, anyKeyword } = method;
  const last = params.at(-1);
  const hasKeywords = isStruct(last) && Boolean(last.__starstar);
  const positional = hasKeywords ? params.slice(0, -1) : params;
  const args: Row = {};
  if (positional.length > names.length)
    throw new HubFault(
      1019,
      `${python}() takes ${names.length} positional arguments but ${positional.length} were given`,
    );
  for (const [index, value] of positional.entries()) args[names[index] ?? ''] = value;
  for (const [name, value] of Object.entries(hasKeywords ? last : {})) {
    if (name === '__starstar') continue;
    if (!names.includes(name) && !anyKeyword)
      throw new HubFault(1019, `${python}() got an unexpected keyword argument '${name}'`);
    if (name in args)
      throw new HubFault(1019, `${python}() got multiple values for argument '${name}'`);
    args[name] = value;
  }
  const missing = names.filter((name) => !(name in args) && !defaults.has(name));
  if (missing.length > 0) {
    const list = missing.map((name) => `'${name}'`).join(' and ');
    const many = missing.length === 1 ? 'argument' : 'arguments';
    throw new HubFault(
      1019,
      `${python}() missing ${missing.length} required positional ${many}: ${list}`,
    );
  }
  return { ...Object.fromEntries(defaults), ...args };
}
