import { XmlReader } from './xml-reader.ts';
import { isStruct, MAX_DEPTH, XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

export interface XmlRpcFault {
  readonly code: number;
  /** As it came: see `faultText` before anybody reads it. */
  readonly text: string;
}

export type XmlRpcAnswer = { readonly value: XmlRpcValue } | { readonly fault: XmlRpcFault };

/**
 * @param body UTF-8
 * @param maxBytes a longer body is not looked at
 * @throws XmlRpcError where it is no answer of XML-RPC
 */
export function decodeAnswer(body: Uint8Array, maxBytes: number): XmlRpcAnswer {
  const reader = readerOf(body, maxBytes);
  reader.open('methodResponse');
  const { kind, name } = reader.tag();
  let answer: XmlRpcAnswer;
  if (kind === 'open' && name === 'params') {
    reader.open('param');
    answer = { value: readValue(reader, 1) };
    reader.close('param');
  } else if (kind === 'open' && name === 'fault') answer = { fault: faultOf(readValue(reader, 1)) };
  else throw new XmlRpcError('An answer has neither a value nor a fault.');
  reader.close(name);
  reader.close('methodResponse');
  reader.end();
  return answer;
}

export interface XmlRpcCall {
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
}

/** The other direction of `encodeCall`, see `decodeAnswer`. */
export function decodeCall(body: Uint8Array, maxBytes: number): XmlRpcCall {
  const reader = readerOf(body, maxBytes);
  reader.open('methodCall');
  reader.open('methodName');
  const method = reader.text();
  reader.close('methodName');
  const params: XmlRpcValue[] = [];
  let tag = reader.tag();
  if (tag.kind === 'open' && tag.name === 'params')
    for (tag = reader.tag(); tag.kind !== 'close' || tag.name !== 'params'; tag = reader.tag()) {
      if (tag.name !== 'param' || tag.kind !== 'open')
        throw new XmlRpcError('<param> is expected.');
      params.push(readValue(reader, 1));
      reader.close('param');
    }
  if (tag.name === 'params' && tag.kind !== 'open') tag = reader.tag();
  if (tag.name !== 'methodCall' || tag.kind !== 'close')
    throw new XmlRpcError('</methodCall> is expected.');
  reader.end();
  return { method, params };
}

/** @throws XmlRpcError where it is not the struct of a fault */
export function faultOf(value: XmlRpcValue): XmlRpcFault {
  const { faultCode: code, faultString: text } = isStruct(value) ? value : {};
  if (typeof code !== 'number' || typeof text !== 'string')
    throw new XmlRpcError('A fault has no code or no text.');
  return { code, text };
}

function readerOf(body: Uint8Array, maxBytes: number): XmlReader {
  if (body.length > maxBytes) throw new XmlRpcError(`It is longer than ${maxBytes} bytes.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new XmlRpcError('It is not UTF-8.');
  }
  return new XmlReader(text);
}

/** `<value>` to `</value>`. */
function readValue(reader: XmlReader, depth: number): XmlRpcValue {
  const { kind, name } = reader.tag();
  if (name !== 'value' || kind === 'close') throw new XmlRpcError('<value> is expected.');
  if (kind === 'empty') return '';
  return readInside(reader, depth);
}

/** What is behind `<value>`, and `</value>`. */
function readInside(reader: XmlReader, depth: number): XmlRpcValue {
  if (depth > MAX_DEPTH) throw new XmlRpcError('There are too many levels.');
  const bare = reader.text();
  const tag = reader.tag();
  if (tag.kind === 'close') {
    if (tag.name !== 'value') throw new XmlRpcError('</value> is expected.');
    return bare;
  }
  if (/[^ \t\n]/.test(bare)) throw new XmlRpcError('A value is both text and a type.');
  const value = tag.kind === 'empty' ? emptyValue(tag.name) : readTyped(reader, tag.name, depth);
  reader.close('value');
  return value;
}

function emptyValue(type: string): XmlRpcValue {
  if (type === 'nil') return null;
  if (type === 'string') return '';
  if (type === 'struct') return {};
  if (type === 'base64') return new Uint8Array();
  throw new XmlRpcError('A value is empty.');
}

function readTyped(reader: XmlReader, type: string, depth: number): XmlRpcValue {
  if (type === 'array') return readArray(reader, depth);
  if (type === 'struct') return readStruct(reader, depth);
  const value = scalar(type, reader.text());
  reader.close(type);
  return value;
}

function scalar(type: string, text: string): XmlRpcValue {
  switch (type) {
    case 'string':
      return text;
    case 'int':
    case 'i4':
    case 'i8':
      return wholeNumber(text, type);
    case 'boolean':
      if (text !== '0' && text !== '1') throw new XmlRpcError('A boolean is neither 0 nor 1.');
      return text === '1';
    case 'double':
      return double(text);
    case 'base64':
      return bytes(text);
    case 'nil':
      if (text !== '') throw new XmlRpcError('A nil is not empty.');
      return null;
    default:
      throw new XmlRpcError('There is a type that is not known.');
  }
}

/** @throws XmlRpcError where the number would be rounded: a rounded id is another's */
function wholeNumber(text: string, type: string): number {
  const number = /^[+-]?\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
  const is32 = type === 'i8' || (number >= -(2 ** 31) && number < 2 ** 31);
  if (!Number.isSafeInteger(number) || !is32) throw new XmlRpcError('A whole number is not valid.');
  return number + 0;
}

function double(text: string): number {
  const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/.test(text)
    ? Number(text)
    : NaN;
  if (!Number.isFinite(number)) throw new XmlRpcError('A double is not valid.');
  return number;
}

function bytes(text: string): Uint8Array {
  const packed = text.replace(/[ \t\n]/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed))
    throw new XmlRpcError('A base64 is not valid.');
  return new Uint8Array(Buffer.from(packed, 'base64'));
}

function readArray(reader: XmlReader, depth: number): XmlRpcValue {
  const values: XmlRpcValue[] = [];
  const data = reader.tag();
  if (data.name !== 'data' || data.kind === 'close') throw new XmlRpcError('<data> is expected.');
  if (data.kind === 'open')
    for (let tag = reader.tag(); tag.kind !== 'close' || tag.name !== 'data'; tag = reader.tag()) {
      if (tag.name !== 'value' || tag.kind === 'close')
        throw new XmlRpcError('<value> is expected.');
      values.push(tag.kind === 'empty' ? '' : readInside(reader, depth + 1));
    }
  reader.close('array');
  return values;
}

function readStruct(reader: XmlReader, depth: number): XmlRpcValue {
  const members = new Map<string, XmlRpcValue>();
  for (let tag = reader.tag(); tag.kind !== 'close' || tag.name !== 'struct'; tag = reader.tag()) {
    if (tag.name !== 'member' || tag.kind !== 'open')
      throw new XmlRpcError('<member> is expected.');
    reader.open('name');
    const name = reader.text();
    reader.close('name');
    if (members.has(name)) throw new XmlRpcError('A struct has a name twice.');
    members.set(name, readValue(reader, depth + 1));
    reader.close('member');
  }
  // Makes members of its own of any name, `__proto__` too.
  return Object.fromEntries(members);
}
