import { isStruct, XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

/** A login at the hub. */
export interface HubSession {
  readonly id: number;
  readonly key: string;
  /** Of the next call. The hub takes none that is lower than the last that it committed. */
  nextCall: number;
}

/**
 * The answer to a login. Hubs before 1.31 want the session in the URL, where it would stand in
 * logs; their answer has no `header-auth`.
 * @throws XmlRpcError where there is no session in it, or one of that kind
 */
export function sessionOf(value: XmlRpcValue): HubSession {
  const struct = isStruct(value) ? value : {};
  const { 'session-id': id, 'session-key': key, 'header-auth': inHeaders } = struct;
  if (typeof id !== 'number' || typeof key !== 'string' || !/^[\w-]{1,255}$/.test(key))
    throw new XmlRpcError('The answer to a login has no session.');
  if (inHeaders !== true) throw new XmlRpcError('The hub is older than 1.31.');
  return { id, key, nextCall: 0 };
}

/** By which a hub knows the session that a call belongs to. */
export function headersOf({ id, key }: HubSession, callNumber: number): Record<string, string> {
  const number = String(callNumber);
  return {
    'Koji-Session-Id': String(id),
    'Koji-Session-Key': key,
    'Koji-Session-Callnum': number,
    // Hubs 1.31 to 1.34 know only this name.
    'Koji-Callnum': number,
  };
}
