import { isStruct, XmlRpcError, type XmlRpcValue } from './xmlrpc-value.ts';

/** A login at the hub. */
export interface HubSession {
  readonly id: number;
  readonly key: string;
  /** False: a hub before 1.31, which wants all of it in the URL. */
  readonly inHeaders: boolean;
  /** Of the next call. The hub takes none that is lower than the last that it committed. */
  nextCall: number;
}

/**
 * The answer to a login.
 * @throws XmlRpcError where it is none
 */
export function sessionOf(value: XmlRpcValue): HubSession {
  const struct = isStruct(value) ? value : {};
  const { 'session-id': id, 'session-key': key, 'header-auth': inHeaders } = struct;
  if (typeof id !== 'number' || typeof key !== 'string' || !/^[\w-]{1,255}$/.test(key))
    throw new XmlRpcError('The answer to a login has no session.');
  return { id, key, inHeaders: inHeaders === true, nextCall: 0 };
}

/** Where and how a call of a session is sent. */
export function addressOf(
  hub: URL,
  { id, key, inHeaders }: HubSession,
  callNumber: number,
): { url: URL; headers: Record<string, string> } {
  const number = String(callNumber);
  const headers = {
    'Koji-Session-Id': String(id),
    'Koji-Session-Key': key,
    'Koji-Session-Callnum': number,
    // Hubs 1.30 to 1.34 know only this name.
    'Koji-Callnum': number,
  };
  if (inHeaders) return { url: hub, headers };
  const url = new URL(hub);
  const query = { 'session-id': String(id), 'session-key': key, callnum: number };
  url.search = new URLSearchParams(query).toString();
  return { url, headers: {} };
}
