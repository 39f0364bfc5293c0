import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Methods, method } from './signature.ts';
import { type Context, denied, generic, HubFault, type Row, say } from './store.ts';

const python = (text: string): HubFault => new HubFault(1, text);

/** zlib's; node has none. */
function adler32(bytes: Uint8Array): string {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return (high * 65536 + low).toString(16).padStart(8, '0');
}

/** By which a hub lets an upload be compared. */
function digestBy(verify: string): (bytes: Uint8Array) => string {
  if (verify === 'adler32') return adler32;
  if (verify !== 'md5' && verify !== 'sha256') throw generic(`Unsupported verify type: ${verify}`);
  return (bytes) => createHash(verify).update(bytes).digest('hex');
}

/** Where an upload is below the hub's `work`; a new folder is of whoever makes it. */
function pathOf({ store, user }: Context, folder: string, name: string, create: boolean): string {
  if (name.includes('/') || name.startsWith('.')) throw generic(`Invalid upload filename: ${name}`);
  const path = posix.normalize(folder === '' ? '.' : folder).replace(/\/$/, '');
  if (path.startsWith('..')) throw generic(`Invalid upload directory: ${folder}`);
  if (!create) return `${path}/${name}`;
  const owner = store.folders.get(path) ?? user?.id ?? null;
  store.folders.set(path, owner);
  if (owner !== user?.id) throw generic(`Invalid upload directory, not owner: ${folder}`);
  return `${path}/${name}`;
}

/**
 * A POST of bytes, as `handle_upload` of Koji 1.35 takes it. Nothing of it is committed: the call's
 * number is not kept.
 * @param query of the URL
 */
export function takeUpload(context: Context, query: URLSearchParams, body: Uint8Array): Row {
  if (context.user === null) throw denied('you must be logged-in to upload a file');
  const { store } = context;
  const name = query.get('filename');
  if (name === null) throw python("<class 'KeyError'>: 'filename'");
  const path = pathOf(context, query.get('filepath') ?? '', name, true);
  const verify = query.get('fileverify') ?? '';
  const overwrite = (query.get('overwrite') ?? '') !== '';
  const before = store.files.get(path);
  const given = Number(query.get('offset') ?? 0);
  if (before !== undefined && given === 0 && !overwrite)
    throw generic(`upload path exists: /mnt/koji/work/${path}`);
  // The hub forgets that it may be asked for none.
  if (verify === '') throw python("<class 'TypeError'>: 'NoneType' object is not callable");
  const digest = digestBy(verify);
  const old = before ?? new Uint8Array(0);
  const offset = given === -1 ? old.length : given;
  const end = offset + body.length;
  const size = overwrite ? end : Math.max(end, old.length);
  const now = new Uint8Array(size);
  now.set(old.subarray(0, overwrite ? Math.min(offset, old.length) : old.length));
  now.set(body, offset);
  store.files.set(path, now);
  if (!overwrite && size !== end)
    throw generic(
      `Incorrect upload length for /mnt/koji/work/${path} - Expected ${end}, actual ${size}`,
    );
  return { size: body.length, fileverify: verify, offset, hexdigest: digest(body) };
}

function check(context: Context, a: Row): XmlRpcValue {
  const file = context.store.files.get(pathOf(context, say(a.path), say(a.name), false));
  if (file === undefined) return null;
  const stat = { size: file.length, mtime: Date.now() / 1000 };
  if (typeof a.verify !== 'string' || a.verify === '') return stat;
  return { ...stat, sumlength: file.length, hexdigest: digestBy(a.verify)(file) };
}

export const UPLOAD_METHODS: Methods = {
  checkUpload: method('checkUpload(path, name, verify=None, tail=None, volume=None)', check),
};
