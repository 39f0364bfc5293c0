import { fail } from '../api/distgit-error.ts';
import { readKeyFields, SSH_KEY_TYPES } from './ssh-key.ts';
import { broken, parseBase64, WireReader } from './ssh-wire.ts';

/** What a certificate that an SSH authority signed says of its holder; sshd checks the signature. */
export interface SshCertificate {
  readonly serial: bigint;
  /** Free text of the authority, cleaned for logs. */
  readonly keyId: string;
  /** For whom it is; empty stands for anybody, which is never taken here. */
  readonly principals: readonly string[];
  /** ISO 8601 in UTC; null: always, or for ever. */
  readonly validFrom: string | null;
  readonly validUntil: string | null;
}

const SUFFIX = '-cert-v01@openssh.com';
const USER_CERTIFICATE = 1;
const FOREVER = 2n ** 64n - 1n;
/** The last second that dates have in JavaScript. */
const LAST_SECOND = 8_640_000_000_000n;
/** Enforced by sshd; any other option would change what runs, or is not known. */
const HARMLESS_OPTIONS: readonly string[] = ['source-address', 'verify-required'];

/**
 * A user's certificate in base64 (OpenSSH's `PROTOCOL.certkeys`).
 * @throws DistGitError `input_invalid`
 */
export function parseSshCertificate(base64: string): SshCertificate {
  const reader = new WireReader(parseBase64(base64));
  const name = reader.text();
  const plain = name.replace(/^(sk-)?(.*)-cert-v01@openssh\.com$/, (_, sk = '', type: string) =>
    sk === '' ? type : `sk-${type}@openssh.com`,
  );
  const type = SSH_KEY_TYPES.find((one) => one === plain);
  if (type === undefined || !name.endsWith(SUFFIX)) broken();
  reader.string(); // nonce
  readKeyFields(type, reader);
  const serial = reader.uint64();
  if (reader.uint32() !== USER_CERTIFICATE)
    fail('input_invalid', "That is a host's certificate.", 'Use a certificate of a user.');
  const keyId = reader.text();
  const principals = stringsOf(reader.string());
  const [after, before] = [reader.uint64(), reader.uint64()];
  const options = stringsOf(reader.string()).filter((_, index) => index % 2 === 0);
  const odd = options.find((option) => !HARMLESS_OPTIONS.includes(option));
  if (odd !== undefined)
    fail(
      'input_invalid',
      'The certificate has a critical option that is not taken here.',
      `Have it signed without any but these: ${HARMLESS_OPTIONS.join(', ')}.`,
    );
  reader.string(); // extensions: what they allow is not allowed here
  reader.string(); // reserved
  reader.string(); // the authority's key
  reader.string(); // its signature
  if (!reader.atEnd) broken();
  return {
    serial,
    keyId: keyId.replace(/[^\x21-\x7e]/g, '?').slice(0, 100),
    principals,
    validFrom: after === 0n ? null : timeOf(after),
    validUntil: before === FOREVER ? null : timeOf(before),
  };
}

function stringsOf(bytes: Buffer): string[] {
  const reader = new WireReader(bytes);
  const found: string[] = [];
  while (!reader.atEnd) found.push(reader.text());
  return found;
}

function timeOf(seconds: bigint): string {
  return new Date(Number(seconds < LAST_SECOND ? seconds : LAST_SECOND) * 1000).toISOString();
}
