/**
 * What XML-RPC can say, as Koji's hub uses it. Dates are strings there. Whole numbers are `int`, or
 * `i8` beyond 32 bits, all others `double`; bytes are `base64`; a struct's names are any text.
 */
export type XmlRpcValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly XmlRpcValue[]
  | XmlRpcStruct;

export interface XmlRpcStruct {
  readonly [name: string]: XmlRpcValue;
}

/** Levels of values in values, more than any answer of a hub has. */
export const MAX_DEPTH = 64;

/** Text that is not XML-RPC, or a value that XML-RPC can not say. Holds nothing of the text. */
export class XmlRpcError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlRpcError';
  }
}

export const isStruct = (value: XmlRpcValue | undefined): value is XmlRpcStruct =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array);
export const isArray = (value: XmlRpcValue | undefined): value is readonly XmlRpcValue[] =>
  Array.isArray(value);

/** Characters that XML 1.0 has no way to write, not even as a reference. */
export const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
