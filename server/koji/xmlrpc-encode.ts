import {
  MAX_DEPTH,
  NOT_XML,
  XmlRpcError,
  type XmlRpcStruct,
  type XmlRpcValue,
} from './xmlrpc-value.ts';

const HEAD = "<?xml version='1.0'?>\n";
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // Readers of XML take a bare one for a line end.
  '\r': '&#13;',
};

/**
 * @returns the body of a call
 * @throws XmlRpcError where XML-RPC can not say a parameter
 */
export function encodeCall(method: string, params: readonly XmlRpcValue[]): string {
  const each = params.map((param) => `<param>\n${encodeValue(param, 1)}</param>\n`).join('');
  return `${HEAD}<methodCall>\n<methodName>${escapeText(method)}</methodName>\n<params>\n${each}</params>\n</methodCall>\n`;
}

/** @returns the body of an answer */
export function encodeAnswer(value: XmlRpcValue): string {
  return `${HEAD}<methodResponse>\n<params>\n<param>\n${encodeValue(value, 1)}</param>\n</params>\n</methodResponse>\n`;
}

/** @returns the body of an answer that is a fault */
export function encodeFault(faultCode: number, faultString: string): string {
  const fault = encodeValue({ faultCode, faultString }, 1);
  return `${HEAD}<methodResponse>\n<fault>\n${fault}</fault>\n</methodResponse>\n`;
}

/** Keyword arguments of a hub's method: the last parameter of its call. */
export const keywords = (named: XmlRpcStruct): XmlRpcStruct => ({ ...named, __starstar: true });

const encodeValue = (value: XmlRpcValue, depth: number): string =>
  `<value>${encodeBare(value, depth)}</value>\n`;

function encodeBare(value: XmlRpcValue, depth: number): string {
  if (depth > MAX_DEPTH) throw new XmlRpcError('A value has too many levels.');
  if (value === null) return '<nil/>';
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'string') return `<string>${escapeText(value)}</string>`;
  if (value instanceof Uint8Array)
    return `<base64>${Buffer.from(value).toString('base64')}</base64>`;
  if (isList(value)) {
    const each = value.map((one) => encodeValue(one, depth + 1)).join('');
    return `<array><data>\n${each}</data></array>`;
  }
  const members = Object.entries(value).map(
    ([name, one]) =>
      `<member>\n<name>${escapeText(name)}</name>\n${encodeValue(one, depth + 1)}</member>\n`,
  );
  return `<struct>\n${members.join('')}</struct>`;
}

const isList = (value: object): value is readonly XmlRpcValue[] => Array.isArray(value);

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new XmlRpcError('A number is not finite.');
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    return `<double>${Object.is(value, -0) ? '-0.0' : value}</double>`;
  return value >= INT_MIN && value <= INT_MAX ? `<int>${value}</int>` : `<i8>${value}</i8>`;
}

function escapeText(text: string): string {
  if (NOT_XML.test(text)) throw new XmlRpcError('A text has characters that XML can not hold.');
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}
